// What makes the page move, except for the playground.

import { follow } from "viewer/address";
import { startBoards } from "viewer/boards";
import { startCharts } from "viewer/charts";
import { startComparison } from "viewer/compare";
import { startLightbox } from "viewer/lightbox";
import { startScrubbers } from "viewer/scrub";

function startMethods() {
  document.getElementById("method-filter").addEventListener("input", event => {
    const words = event.target.value.trim().toLowerCase();
    for (const kind of document.querySelectorAll(".kind")) {
      for (const card of kind.querySelectorAll(".card")) {
        card.hidden = !(kind.firstChild.textContent + card.textContent).toLowerCase().includes(words);
      }
      kind.hidden = !kind.querySelector(".card:not([hidden])");
    }
  });
}

// A command is copied by a click on it.
function startCommands() {
  document.addEventListener("click", async event => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    await navigator.clipboard?.writeText(button.dataset.command);
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  });
}

// Printed, the cards of all methods are open.
function startPrinting() {
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details.card:not([open])")];
    for (const part of closed) part.open = true;
  });
  addEventListener("afterprint", () => closed.forEach(part => { part.open = false; }));
}

startBoards();
startCharts();
startComparison();
startLightbox();
startScrubbers();
startMethods();
startCommands();
startPrinting();
follow();
