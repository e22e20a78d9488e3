// Says below a button or link that htmx could not do what it asks for. What asks by itself, such as
// the line of new actions, is silent.
{
  const words = document.currentScript.dataset.failed;
  const place = (event) => event.detail.elt.closest("form, .stream-older");
  const clear = (event) => {
    const next = place(event)?.nextElementSibling;
    if (next?.matches(".stream-failed")) next.remove();
  };
  document.addEventListener("htmx:beforeRequest", clear);
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      clear(event);
      const line = document.createElement("p");
      line.className = "stream-failed";
      line.setAttribute("role", "alert");
      line.textContent = words;
      place(event)?.after(line);
    });
  }
}
