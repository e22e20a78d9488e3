// Lets a page hear of new notifications and new rows of the home feed while it is shown. Events hold
// numbers alone: what is new, the page fetches from where it polls without this script.
{
  const { url } = document.currentScript.dataset;
  const AGAIN = 60_000; // after which a stream that broke is tried again, about
  const HIDDEN = 20_000; // after which the stream of a hidden page ends
  const TOP = 300; // pixels, within which new rows may come in
  let source = null;
  let last = "";
  let hasBeenOpen = false;
  let isOver = false; // for this page: it polls
  let hiding = 0;

  const page = document.documentElement.dataset; // data-stream-live: whether it listens
  const line = () => document.querySelector('[data-stream-live="home"]');
  const address = (element) => new URLSearchParams(element.getAttribute("hx-get").slice(1));

  function open() {
    clearTimeout(hiding);
    if (isOver || source || document.visibilityState !== "visible") return;
    const from = last ? { last } : line() ? { since: address(line()).get("since") ?? "" } : {};
    source = new EventSource(`${url}?${new URLSearchParams(from)}`);
    source.onopen = () => {
      hasBeenOpen = true;
      page.streamLive = "on";
    };
    for (const name of Object.keys(heard)) {
      source.addEventListener(name, (event) => {
        last = event.lastEventId;
        const detail = JSON.parse(event.data);
        const own = new CustomEvent(`stream:${name}`, { detail, cancelable: true });
        if (document.dispatchEvent(own)) heard[name](detail);
      });
    }
    source.addEventListener("end", () => {
      isOver = true;
      close();
    });
    source.onerror = () => {
      page.streamLive = "off"; // and so the page polls
      if (source.readyState !== EventSource.CLOSED) return; // it comes back by itself
      close();
      isOver = !hasBeenOpen; // as under WSGI
      setTimeout(open, AGAIN * (0.5 + Math.random()));
    };
  }

  function close() {
    source?.close();
    source = null;
    page.streamLive = "off";
  }

  // What htmx and the views take for a part of a page.
  async function part(path) {
    const answer = await fetch(path, { headers: { "HX-Request": "true" }, cache: "no-store" });
    return answer.status === 200 ? [parsed(await answer.text()), answer.headers] : [null];
  }

  function parsed(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  }

  function put(made, into) {
    const added = [...made.children];
    into(made);
    if (window.htmx) added.forEach((each) => window.htmx.process(each));
  }

  // What would move what somebody reads or writes waits until they are back at the top.
  function atTop(act) {
    const isBusy = () =>
      window.scrollY > TOP || document.activeElement?.matches("textarea, input, select");
    if (!isBusy()) return act();
    const wait = () => {
      if (isBusy()) return;
      removeEventListener("scroll", wait);
      removeEventListener("focusout", wait);
      act();
    };
    addEventListener("scroll", wait, { passive: true });
    addEventListener("focusout", wait);
  }

  // One after the other: each begins where the one before it has ended.
  let work = Promise.resolve();
  const inTurn = (act) => (...args) => (work = work.then(() => act(...args)).catch(console.warn));

  const heard = {
    notifications: inTurn(async ({ unseen, new: isNew }) => {
      for (const badge of document.querySelectorAll("[data-stream-badge]")) {
        if (badge.dataset.unseen === String(unseen)) continue;
        const [made] = await part(badge.dataset.streamBadge);
        if (made === null) continue;
        badge.replaceChildren(made);
        badge.dataset.unseen = unseen;
      }
      if (isNew && document.querySelector(LIST)) atTop(inTurn(renew));
    }),
    home: inTurn(async () => {
      const own = line();
      if (!own) return;
      const [told] = await part(own.getAttribute("hx-get"));
      if (told === null) return;
      own.replaceChildren(told); // "Show 2 new actions", which waits while somebody reads below
      if (own.parentElement.querySelector(".stream-rows")) atTop(inTurn(insert));
    }),
  };

  const LIST = '[data-stream-live="notifications"]';

  async function renew() {
    const list = document.querySelector(LIST);
    const [made] = list ? await part(location.href) : [null];
    if (made === null) return;
    const old = list.querySelectorAll(".stream-rows, .stream-empty, .empty, .stream-older");
    if (!old.length) return;
    old[0].before(document.createComment("new"));
    const place = old[0].previousSibling;
    old.forEach((each) => each.remove());
    put(made, (rows) => place.replaceWith(rows));
  }

  async function insert() {
    const own = line();
    const rows = own?.parentElement.querySelector(".stream-rows");
    if (!rows || !own.firstChild) return;
    const asked = address(own);
    asked.set("before", asked.get("since"));
    asked.delete("since");
    const [made, headers] = await part(`?${asked}`);
    const first = headers?.get("Stream-First");
    if (!first) return;
    made.querySelectorAll(".stream-older").forEach((each) => each.remove());
    const day = own.parentElement.querySelector(".stream-day");
    const days = made.querySelectorAll(".stream-day");
    const same = days[days.length - 1];
    if (day && same?.textContent === day.textContent) {
      const oldest = [...made.querySelectorAll(".stream-rows")].at(-1);
      const joined = document.createDocumentFragment();
      joined.append(...oldest.children);
      same.remove();
      oldest.remove();
      put(joined, (more) => rows.prepend(more));
    }
    put(made, (more) => (day ?? rows).before(more));
    const next = own.cloneNode(false); // htmx would go on to ask from where it began
    asked.delete("before");
    asked.set("since", first);
    next.setAttribute("hx-get", `?${asked}`);
    own.replaceWith(next);
    window.htmx?.process(next);
    if (headers.get("Stream-Newer")) heard.home();
  }

  // While it listens, a page does not poll.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const is = "[data-stream-badge], .stream-new[data-stream-live]";
    if (page.streamLive === "on" && event.target.matches(is)) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") open();
    else hiding = setTimeout(close, HIDDEN);
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}
