/** The settings dialogs, by name; "menu" is the list of them. */
export type SettingsPage = "quality" | "devices" | "shortcuts" | "accessibility" | "language" | "report" | "display" | "notifications" | "host";
export type SettingsView = "menu" | SettingsPage;
