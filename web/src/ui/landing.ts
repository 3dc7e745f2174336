/** Entry of the landing page. */
import "../styles/index.css";
import { mount } from "svelte";
import { version } from "../../package.json";
import { Capacity } from "./landing/capacity.svelte";
import Landing from "./landing/Landing.svelte";
import { appRoot } from "./shell/root";
import { registerWorker } from "./shell/worker";

const capacity = new Capacity();
registerWorker();
capacity.start();
mount(Landing, { target: appRoot(), props: { capacity, version } });
