/** Entry of the test page. */
import "../styles/index.css";
import { mount } from "svelte";
import { appRoot } from "./shell/root";
import TestPage from "./test/TestPage.svelte";

mount(TestPage, { target: appRoot() });
