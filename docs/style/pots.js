/* Three touches of the book on its 21 pots: how far apart two units start, the way between two
   minima, and a layer as features. A network of two sigmoid units is [w1, b1, w2, b2, v1, v2, c]. */
"use strict";
const pots = (() => {
  const sprouted = [0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0];
  const water = sprouted.map((_, i) => i / 10);
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const features = (p, x) => [sigmoid(p[0] * x + p[1]), sigmoid(p[2] * x + p[3])];
  const logit = (p, x) => features(p, x).reduce((sum, h, j) => sum + p[4 + j] * h, p[6]);
  const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
  const mean = (f) => water.reduce((sum, x, i) => sum + f(x, sprouted[i]), 0) / water.length;
  const loss = (p) => mean((x, y) => softplus(logit(p, x)) - y * logit(p, x));

  function gradient(p) {
    const sum = p.map(() => 0);
    water.forEach((x, i) => {
      const [delta, hs] = [(sigmoid(logit(p, x)) - sprouted[i]) / water.length, features(p, x)];
      hs.forEach((h, j) => {
        const back = delta * p[4 + j] * h * (1 - h);
        sum[2 * j] += back * x;
        sum[2 * j + 1] += back;
        sum[4 + j] += delta * h;
      });
      sum[6] += delta;
    });
    return sum;
  }

  /* Adam with the rate 0.1, as in the book; `moves` says which parameters it trains. */
  function trained(start, steps, moves = () => true) {
    const p = [...start];
    const [m, s] = [p.map(() => 0), p.map(() => 0)];
    for (let t = 1; t <= steps; t++) {
      gradient(p).forEach((g, k) => {
        if (!moves(k)) return;
        m[k] = 0.9 * m[k] + 0.1 * g;
        s[k] = 0.999 * s[k] + 0.001 * g * g;
        p[k] -= (0.1 * m[k] / (1 - 0.9 ** t)) / (Math.sqrt(s[k] / (1 - 0.999 ** t)) + 1e-8);
      });
    }
    return p;
  }
  return { sprouted, water, sigmoid, features, logit, loss, trained };
})();

if (typeof module !== "undefined") module.exports = pots;
if (typeof document !== "undefined") {
  const range = (from, to, f) => Array.from({ length: 121 }, (_, i) => f(from + ((to - from) * i) / 120));
  const line = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  const left = (x, y) => [15 + 90 * x, 195 - 180 * y];
  const right = (x, y) => [225 + 160 * x, 195 - 180 * y];
  const curve = (at, f, colour) =>
    `<path d="${line(range(0, at === left ? 2 : 1, (x) => at(x, f(x))))}" fill="none" stroke="var(--figure-${colour})" stroke-width="2"/>`;
  const dots = (place) => pots.water.map((x, i) => {
    const [cx, cy] = place(x, pots.sprouted[i]);
    return `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="4" stroke="var(--figure-second)" fill="${pots.sprouted[i] ? "var(--figure-second)" : "none"}"/>`;
  }).join("");

  /* Each touch: its label, its sliders (label, least, most, step, value), and what they show. */
  const touches = {
    starts: {
      label: "Left, two units over the water; right, what the network says",
      sliders: [["apart at the start", 0, 1, 0.05, 0], ["steps of training", 0, 600, 10, 600]],
      show: ([apart, steps]) => {
        const p = pots.trained([1 + 3 * apart, -apart, 1 - 3 * apart, apart, 1, 1, 0], steps);
        const [one, other] = [0, 1].map((j) => (x) => pots.features(p, x)[j]);
        return [curve(left, one, "first") + curve(left, other, "third") + dots(left) +
          curve(right, (x) => pots.sigmoid(pots.logit(p, 2 * x)), "second"),
        `units ${p[0].toFixed(3)} x + ${p[1].toFixed(3)} and ${p[2].toFixed(3)} x + ${p[3].toFixed(3)}: loss ${pots.loss(p).toFixed(4)}`];
      },
    },
    minima: {
      label: "The loss on the way from a network to its copy, and what the network there says",
      sliders: [["part of the way", 0, 1, 0.01, 0]],
      show: ([t]) => {
        const end = (touches.minima.end ??= pots.trained([3, -1, -3, 5, 3, 3, -4], 600));
        const [w1, b1, w2, b2, v1, v2, c] = end;
        const on = (s) => [w2, b2, w1, b1, v2, v1, c].map((q, k) => (1 - s) * end[k] + s * q);
        const low = (s) => pots.loss(on(s)) / 2.5;
        const [x, y] = right(t, low(t));
        return [curve(left, (u) => pots.sigmoid(pots.logit(on(t), u)), "first") + dots(left) +
          curve(right, low, "third") +
          `<circle cx="${x}" cy="${y}" r="5" fill="var(--figure-first)"/>`,
        `${Math.round(100 * t)} % of the way: loss ${pots.loss(on(t)).toFixed(4)}`];
      },
    },
    features: {
      label: "Two units over the water, and the pots in the plane of what they say",
      sliders: [["weight 1", -12, 12, 0.5, 1], ["bias 1", -12, 12, 0.5, 0],
        ["weight 2", -12, 12, 0.5, -1], ["bias 2", -12, 12, 0.5, 1]],
      show: (layer) => {
        const p = pots.trained([...layer, 0, 0, 0], 400, (k) => k > 3);
        const [one, other] = [0, 1].map((j) => (x) => pots.features(p, x)[j]);
        return [curve(left, one, "first") + curve(left, other, "third") + dots(left) +
          dots((x) => right(...pots.features(p, x))),
        `with these features an output layer gets to a loss of ${pots.loss(p).toFixed(4)}`];
      },
    },
  };

  Object.entries(touches).forEach(([name, { label, sliders, show }]) =>
    document.querySelectorAll(`[data-touch=${name}]`).forEach((place) => {
      place.innerHTML = `<svg viewBox="0 0 400 210" role="img" aria-label="${label}"></svg><p>` +
        sliders.map(([words, least, most, step, value]) =>
          `<label>${words} <input type="range" min="${least}" max="${most}" step="${step}" value="${value}"></label>`).join(" ") +
        `</p><output aria-live="polite"></output>`;
      const inputs = [...place.querySelectorAll("input")];
      const draw = () => {
        const [drawn, words] = show(inputs.map((input) => Number(input.value)));
        place.querySelector("svg").innerHTML =
          `<path d="M15 15V195H195M225 15V195H385" fill="none" stroke="var(--figure-faint)"/>${drawn}`;
        place.querySelector("output").textContent = words;
      };
      inputs.forEach((input) => input.addEventListener("input", draw));
      draw();
    }));
}
