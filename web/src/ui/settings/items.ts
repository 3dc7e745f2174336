/** The dialogs of the settings, in the order of their menu. */
import Accessibility from "@lucide/svelte/icons/accessibility";
import Bell from "@lucide/svelte/icons/bell";
import Gauge from "@lucide/svelte/icons/gauge";
import Keyboard from "@lucide/svelte/icons/keyboard";
import Languages from "@lucide/svelte/icons/languages";
import MessageSquareWarning from "@lucide/svelte/icons/message-square-warning";
import SlidersHorizontal from "@lucide/svelte/icons/sliders-horizontal";
import ShieldUser from "@lucide/svelte/icons/shield-user";
import SunMoon from "@lucide/svelte/icons/sun-moon";
import { m } from "../../paraglide/messages.js";

export const ITEMS = [
  { page: "quality", label: m.settings_quality, Icon: Gauge },
  { page: "devices", label: m.settings_devices, Icon: SlidersHorizontal },
  { page: "display", label: m.settings_display, Icon: SunMoon },
  { page: "notifications", label: m.settings_notifications, Icon: Bell },
  { page: "shortcuts", label: m.settings_shortcuts, Icon: Keyboard },
  { page: "accessibility", label: m.settings_accessibility, Icon: Accessibility },
  { page: "language", label: m.settings_language, Icon: Languages },
  { page: "report", label: m.settings_report, Icon: MessageSquareWarning },
] as const;

/** What only hosts find in the menu. */
export const HOST_ITEM = { page: "host", label: m.settings_host, Icon: ShieldUser } as const;
