/** The element that both pages fill. */
export function appRoot(): HTMLElement {
  const root = document.getElementById("app");
  if (root === null) throw new Error("invariant: the page has an element #app");
  return root;
}
