/** A server that says what a test tells it to say. */
import type { ClientMessage, Joined, Report, ServerAnswer, ServerEvent } from "../../src/protocol/messages.gen";
import type { Socket } from "../../src/client/signalling";
import { settled } from "./clock";

/** A socket as the server sees it. */
export type Line = {
  /** What the client said on this socket, oldest first; but for its reports. */
  readonly heard: ClientMessage[];
  /** What it reported; answered `ok` by itself. */
  readonly reports: Report[];
  readonly isOpen: boolean;
  /** Whether the client closed it. */
  readonly isHungUp: boolean;
  accept(): Promise<void>;
  say(message: ServerAnswer | ServerEvent | { type: string; n: number }): Promise<void>;
  close(code: number): Promise<void>;
  /** The ref of the last message. */
  ref(): number;
};

export type FakeServer = {
  readonly openSocket: (url: string) => Socket;
  /** All sockets ever opened, oldest first. */
  readonly lines: Line[];
  /** The newest socket. */
  line(): Line;
};

export function fakeServer(): FakeServer {
  const lines: Line[] = [];
  return {
    lines,
    line() {
      const last = lines.at(-1);
      if (last === undefined) throw new Error("the client has opened no socket");
      return last;
    },
    openSocket() {
      const { socket, line } = connect();
      lines.push(line);
      return socket;
    },
  };
}

export const JOINED: Joined = {
  type: "joined",
  ref: 0,
  version: 1,
  room: "equipe",
  participant: "p-alice",
  token: "token-number-one-",
  answer: "v=0 answer",
  sources: [
    { id: "s-alice-mic", kind: "microphone" },
    { id: "s-alice-cam", kind: "camera" },
  ],
  participants: [],
  slots: [],
};

function connect(): { socket: Socket; line: Line } {
  const heard: ClientMessage[] = [];
  const reports: Report[] = [];
  let isOpen = false;
  let isHungUp = false;
  const socket: Socket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    send(text) {
      if (!isOpen) throw new Error("the socket is not open");
      const message = JSON.parse(String(text)) as ClientMessage;
      if (message.type !== "report") return void heard.push(message);
      reports.push(message);
      void line.say({ type: "ok", ref: message.ref });
    },
    close() {
      isOpen = false;
      isHungUp = true;
    },
  };
  const line: Line = {
    heard,
    reports,
    get isOpen() {
      return isOpen;
    },
    get isHungUp() {
      return isHungUp;
    },
    async accept() {
      isOpen = true;
      socket.onopen?.call(socket as WebSocket, new Event("open"));
      await settled();
    },
    async say(message) {
      socket.onmessage?.call(socket as WebSocket, new MessageEvent("message", { data: JSON.stringify(message) }));
      await settled();
    },
    async close(code) {
      isOpen = false;
      socket.onclose?.call(socket as WebSocket, { code } as CloseEvent);
      await settled();
    },
    ref() {
      return heard.at(-1)?.ref ?? -1;
    },
  };
  return { socket, line };
}
