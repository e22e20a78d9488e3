// The button "Notify me on this device". It shows nothing where the browser has no web push.
{
  const bytes = (key) =>
    Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));

  const digest = async (text) => {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(hash)].map((each) => each.toString(16).padStart(2, "0")).join("");
  };

  const post = async (box, url, said) => {
    const token = box.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      redirect: "error", // to the page to sign in
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(said),
    });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  };

  const find = (box) => navigator.serviceWorker.getRegistration(box.dataset.scope);

  const ready = (registration) => {
    const worker = registration.installing ?? registration.waiting;
    if (registration.active || !worker) return registration;
    return new Promise((resolve, reject) => {
      worker.addEventListener("statechange", () => {
        if (worker.state === "activated") resolve(registration);
        if (worker.state === "redundant") reject(new Error("The service worker is redundant."));
      });
    });
  };

  const acts = {
    async subscribe(box) {
      if ((await Notification.requestPermission()) !== "granted") return;
      const { worker, scope, key } = box.dataset;
      const { pushManager } = await ready(await navigator.serviceWorker.register(worker, { scope }));
      // One of another user of this browser, or of another key of the site, ends with it.
      await (await pushManager.getSubscription())?.unsubscribe();
      const subscription = await pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: bytes(key),
      });
      try {
        await post(box, box.dataset.subscribe, subscription);
      } catch (error) {
        await subscription.unsubscribe();
        throw error;
      }
      box.dataset.devices += ` ${await digest(subscription.endpoint)}`;
    },

    async unsubscribe(box) {
      const subscription = await (await find(box))?.pushManager.getSubscription();
      if (!subscription) return;
      await post(box, box.dataset.unsubscribe, { endpoint: subscription.endpoint });
      await subscription.unsubscribe();
    },
  };

  const show = async (box, isFailed = false) => {
    const subscription = await (await find(box))?.pushManager.getSubscription();
    const isOn =
      Boolean(subscription) &&
      box.dataset.devices.split(" ").includes(await digest(subscription.endpoint));
    const isDenied = Notification.permission === "denied";
    const shown = {
      subscribe: !isOn && !isDenied,
      unsubscribe: isOn,
      denied: isDenied && !isOn,
      failed: isFailed,
    };
    for (const each of box.querySelectorAll("[data-do], [data-say]")) {
      each.hidden = !shown[each.dataset.do ?? each.dataset.say];
    }
    box.hidden = false;
  };

  const start = (box) => {
    box.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-do]");
      if (!button) return;
      button.disabled = true;
      let isFailed = false;
      try {
        await acts[button.dataset.do](box);
      } catch (error) {
        console.warn(error);
        isFailed = true;
      }
      button.disabled = false;
      await show(box, isFailed);
      if (button.hidden) box.querySelector("[data-do]:not([hidden])")?.focus();
    });
    show(box).catch(console.warn);
  };

  if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
    document.querySelectorAll("[data-stream-push]").forEach(start);
  }
}
