// What makes the pages quicker to use. Without it they work as well.
(() => {
  // the reader's time zone: the server writes times in it from the next page on, and on this one after one reload
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const noted = () => document.cookie.split("; ").find((each) => each.startsWith("timezone="));
  const cookie = `timezone=${zone}`;
  if (zone && noted() !== cookie) {
    const isFirst = !noted() && zone !== "UTC";
    document.cookie = `${cookie}; path=/; max-age=31536000; SameSite=Lax`;
    if (isFirst && noted() === cookie && document.querySelector("time") && !document.querySelector("[name=mark]")) location.reload();
  }

  // keys: j and k go through a list, o opens, n and p go through changed words, / searches
  const LISTS = ".results h2 a, .rows tbody th a";
  const CHANGES = ".changes ins, .changes del, .side ins, .side del";
  const shown = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.getClientRects().length);
  let change = -1;
  const step = (by) => {
    const links = shown(LISTS);
    const at = links.indexOf(document.activeElement);
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  const stepChange = (by) => {
    const found = shown(CHANGES);
    if (!found.length) return;
    change = (change + by + found.length) % found.length;
    found.forEach((each, place) => each.classList.toggle("here", place === change));
    found[change].scrollIntoView({ block: "center" });
  };
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    o: () => { if (document.activeElement.matches(LISTS)) document.activeElement.click(); },
    n: () => stepChange(1),
    p: () => stepChange(-1),
    "/": () => document.getElementById("q").focus(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
})();
