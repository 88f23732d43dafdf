/* What the theme leaves out for a keyboard and for a reader of screens: names, and a focus for all
   that scrolls. */
"use strict";
document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
const named = new Set();
document.querySelectorAll("nav.md-nav").forEach((one) => {
  const title = one.querySelector(".md-nav__title")?.textContent.trim() || "Pages";
  let name = title;
  for (let i = 2; named.has(name); i++) name = `${title}, ${i}`;
  named.add(name);
  one.removeAttribute("aria-labelledby");
  one.setAttribute("aria-label", name);
});
const scrolling = ".md-typeset :is(pre > code, .board, .drawn, .md-typeset__scrollwrap, .md-typeset__table, math[display=block])";
const reach = () => {
  document.querySelectorAll(scrolling).forEach((one) => {
    if (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight) one.tabIndex = 0;
  });
  document.querySelectorAll(".md-code__nav").forEach((one, i) =>
    one.setAttribute("aria-label", `copy, block ${i + 1}`));
};
const moved = ({ target }) => target.closest("[data-touch]"); // a picture that is drawn anew
new MutationObserver((seen) => seen.every(moved) || reach())
  .observe(document.body, { childList: true, subtree: true });
addEventListener("resize", reach);
reach();
