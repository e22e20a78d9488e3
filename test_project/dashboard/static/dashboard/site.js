// j and k go to the next and the previous row of a feed.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const step = { j: 1, k: -1 }[event.key];
  if (!step) return;
  const rows = [...document.querySelectorAll("main .stream-rows > li")];
  const now = rows.indexOf(document.activeElement.closest(".stream-rows > li"));
  const row = rows[now < 0 && step < 0 ? rows.length - 1 : now + step];
  if (!row) return;
  row.tabIndex = -1;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
});
