/* The catalogue of laws: which ones need a capability, or have a word in their card. */
"use strict";
document.querySelectorAll("[data-filter=cards]").forEach((place) => {
  const cards = [...document.querySelectorAll(".card[data-needs]")];
  const names = [...new Set(cards.flatMap((card) => card.dataset.needs.split(" ")))];
  place.innerHTML = `<p><label>what is offered <select><option value="">anything</option>` +
    names.map((name) => `<option>${name}</option>`).join("") +
    `</select></label> <label>a word <input type="search"></label></p><output aria-live="polite"></output>`;
  const [select, input] = [place.querySelector("select"), place.querySelector("input")];
  const filter = () => {
    cards.forEach((card) => {
      const offered = !select.value || card.dataset.needs.split(" ").includes(select.value);
      card.hidden = !offered || !card.textContent.toLowerCase().includes(input.value.toLowerCase());
    });
    const shown = cards.filter((card) => !card.hidden).length;
    place.querySelector("output").textContent = `${shown} of ${cards.length} laws`;
  };
  [select, input].forEach((one) => one.addEventListener("input", filter));
  filter();
});
