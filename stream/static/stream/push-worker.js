// Shows what the site pushes, and opens it when it is clicked.
self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch (error) {
    console.warn(error);
  }
  const shown = self.registration.showNotification(said.title || self.location.host, {
    body: said.body ?? "",
    tag: said.tag ?? "",
    data: { url: said.url ?? "" },
    requireInteraction: said.level === "error",
  });
  event.waitUntil(shown);
});

const openPage = async (address) => {
  const url = new URL(address, self.location.origin);
  if (url.origin !== self.location.origin) return;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((each) => each.url === url.href);
  await (there ? there.focus() : self.clients.openWindow(url.href));
};

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPage(event.notification.data?.url ?? ""));
});
