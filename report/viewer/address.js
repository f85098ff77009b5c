// The state of the page in its address, as #section?key=value, so that a link shows the same.

const parts = () => location.hash.slice(1).split("?");

// All that the address says, {key: text}.
export function stated() {
  return Object.fromEntries(new URLSearchParams(parts()[1] ?? ""));
}

// Write what differs from the defaults; null removes a key.
export function state(section, values) {
  const found = new URLSearchParams(parts()[1] ?? "");
  for (const [key, value] of Object.entries(values)) {
    if (value === null || value === "") found.delete(key);
    else found.set(key, value);
  }
  const words = found.toString();
  history.replaceState(null, "", `#${section}${words && `?${words}`}`);
}

// Go where the address says, and keep the state when a link names a section alone.
export function follow() {
  const go = () => document.getElementById(parts()[0])?.scrollIntoView();
  let last = parts()[1] ?? "";
  if (last) go();
  addEventListener("hashchange", () => {
    const [section, words] = parts();
    if (words === undefined && last) history.replaceState(null, "", `#${section}?${last}`);
  });
  addEventListener("click", () => {
    last = parts()[1] ?? "";
  }, true);
}
