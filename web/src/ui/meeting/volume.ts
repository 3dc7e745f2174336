/** Whether a page may say how loud it plays; on iPhones and iPads only the buttons of the device may. */
export function canSetVolume(probe: HTMLMediaElement = new Audio()): boolean {
  probe.volume = 0.5;
  return probe.volume === 0.5;
}
