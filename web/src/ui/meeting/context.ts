/** What every part of the meeting screen shares, so that nothing is handed down through components that do not care. */
import { createContext } from "svelte";
import type { Meeting } from "../../client";
import type { Desk } from "./desk.svelte";
import type { Notices } from "./notices.svelte";

/** The meeting on screen. */
export const [useMeeting, provideMeeting] = createContext<Meeting>();

/** How this person arranged their screen: panel, layout, dialogs. */
export const [useDesk, provideDesk] = createContext<Desk>();

/** What is told to this person in short messages. */
export const [useNotices, provideNotices] = createContext<Notices>();
