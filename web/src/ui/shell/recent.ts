/** The rooms this browser was in, newest first; never sent anywhere. */
import { recall, remember } from "./memory";

const KEY = "causerie.recent";
const KEPT = 6;

function read(): readonly string[] {
  try {
    const value: unknown = JSON.parse(recall(KEY) ?? "[]");
    return Array.isArray(value) ? value.filter((room): room is string => typeof room === "string").slice(0, KEPT) : [];
  } catch {
    return [];
  }
}

function write(rooms: readonly string[]): readonly string[] {
  remember(KEY, rooms.length === 0 ? null : JSON.stringify(rooms));
  return rooms;
}

/** Returns the rooms, newest first, at most six. */
export function recentRooms(): readonly string[] {
  return read();
}

/** Puts `room` on top of the list. */
export function noteRoom(room: string): void {
  write([room, ...read().filter((other) => other !== room)].slice(0, KEPT));
}

/** Takes `room` off the list and returns what is left. */
export function forgetRoom(room: string): readonly string[] {
  return write(read().filter((other) => other !== room));
}
