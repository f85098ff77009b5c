// Pictures enlarged in a dialog; arrow keys go to the next one of the same group.

export function startLightbox() {
  const dialog = document.getElementById("lightbox");
  const [image, caption] = [dialog.querySelector("img"), dialog.querySelector("figcaption")];
  let [group, at] = [[], 0];

  function show(i) {
    at = (i + group.length) % group.length;
    const from = group[at].querySelector("img");
    image.src = from.src;
    image.alt = from.alt;
    caption.textContent = `${group[at].dataset.caption} (${at + 1} of ${group.length})`;
  }

  for (const button of document.querySelectorAll("button.enlarge")) {
    button.addEventListener("click", () => {
      group = [...button.closest("section").querySelectorAll("button.enlarge")];
      show(group.indexOf(button));
      dialog.showModal();
    });
  }
  const move = { ArrowRight: 1, ArrowLeft: -1 };
  dialog.addEventListener("keydown", event => move[event.key] && show(at + move[event.key]));
  dialog.querySelector("[data-next]").addEventListener("click", () => show(at + 1));
  dialog.querySelector("[data-previous]").addEventListener("click", () => show(at - 1));
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", event => event.target === dialog && dialog.close());
}
