/** Entry of a room's page: prejoin, meeting, end. */
import "../styles/index.css";
import { mount } from "svelte";
import { createMeeting } from "../client";
import { roomFromPath } from "../view/rooms";
import Room from "./Room.svelte";
import { appRoot } from "./shell/root";
import { registerWorker } from "./shell/worker";

// The server sends this page only for rooms; a path it folds otherwise is refused when joining.
const room = roomFromPath(location.pathname) ?? location.pathname.slice(1);
const meeting = createMeeting({ room });
meeting.prepare();
registerWorker();
mount(Room, { target: appRoot(), props: { meeting } });
