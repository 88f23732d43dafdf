/* The staircase of sigmoids under the reader's hand: units, steepness, and a curve to draw. */
"use strict";
document.querySelectorAll("[data-touch=staircase]").forEach((place) => {
  const [left, right, count] = [0, 2, 41];
  const xs = Array.from({ length: count }, (_, i) => left + ((right - left) * i) / (count - 1));
  const values = xs.map((x) => Math.sin((Math.PI * x) / 2) ** 2);
  const f = (x) => {
    const at = Math.min(Math.max(((x - left) / (right - left)) * (count - 1), 0), count - 1);
    const i = Math.min(Math.floor(at), count - 2);
    return values[i] + (at - i) * (values[i + 1] - values[i]);
  };
  place.innerHTML = `<svg viewBox="0 0 400 220" role="img" aria-label="A curve and the staircase of sigmoids that follows it">
    <path data-part="curve" fill="none" stroke="var(--figure-faint)" stroke-width="3"/>
    <path data-part="stairs" fill="none" stroke="var(--figure-first)" stroke-width="2"/>
    <path data-part="chosen" fill="none" stroke="var(--figure-second)" stroke-width="1"/></svg>
    <p><label>units <input type="range" name="units" min="1" max="64" value="8"></label>
    <label>steepness <input type="range" name="steepness" min="1" max="30" value="12"></label>
    <label>place on the curve <input type="range" name="place" min="0" max="${count - 1}" value="20"></label>
    <label>its height <input type="range" name="height" min="0" max="1" step="0.01" value="1"></label></p>
    <output aria-live="polite"></output>`;
  const svg = place.querySelector("svg");
  const input = (name) => place.querySelector(`[name=${name}]`);
  const number = (name) => Number(input(name).value);
  const across = (x) => 10 + (380 * (x - left)) / (right - left);
  const up = (y) => 200 - 180 * y;
  const path = (g) => Array.from({ length: 401 }, (_, i) => left + ((right - left) * i) / 400)
    .map((x, i) => `${i ? "L" : "M"}${across(x).toFixed(1)} ${up(g(x)).toFixed(1)}`).join("");

  function draw() {
    const [n, c] = [number("units"), number("steepness")];
    const h = (right - left) / n;
    const knots = Array.from({ length: n + 1 }, (_, k) => f(left + k * h));
    const stairs = (x) => knots.slice(1).reduce((sum, value, k) =>
      sum + (value - knots[k]) / (1 + Math.exp((-c / h) * (x - left - (k + 0.5) * h))), knots[0]);
    const slope = Math.max(...values.slice(1).map((v, i) => Math.abs(v - values[i]))) * (count - 1) / (right - left);
    let error = 0;
    for (let i = 0; i <= 2000; i++) {
      const x = left + ((right - left) * i) / 2000;
      error = Math.max(error, Math.abs(f(x) - stairs(x)));
    }
    const bound = slope * h * (0.5 + 1 / Math.sinh(c / 2));
    svg.querySelector("[data-part=curve]").setAttribute("d", path(f));
    svg.querySelector("[data-part=stairs]").setAttribute("d", path(stairs));
    const x = across(xs[number("place")]);
    svg.querySelector("[data-part=chosen]").setAttribute("d", `M${x} 10V210`);
    place.querySelector("output").textContent =
      `${n} units, steepness ${c}: largest error ${error.toFixed(4)}, bound ${bound.toFixed(4)}`;
  }

  function set(i, y) {
    values[i] = Math.min(Math.max(y, 0), 1);
    draw();
  }

  input("place").addEventListener("input", () => {
    input("height").value = values[number("place")];
    draw();
  });
  input("height").addEventListener("input", () => set(number("place"), number("height")));
  ["units", "steepness"].forEach((name) => input(name).addEventListener("input", draw));
  svg.style.touchAction = "none";
  svg.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const i = Math.round(((at.x - 10) / 380) * (count - 1));
    if (i >= 0 && i < count) set(i, (200 - at.y) / 180);
  });
  draw();
});
