// A conversation encrypted between the browsers of those who take part. What the server is given is ciphertext and public
// keys. Each message has a key of its own, wrapped for each seat: ECDH on P-256 between sender and reader, HKDF, AES-GCM.
"use strict";
(() => {
  const CURVE = {name: "ECDH", namedCurve: "P-256"}, AES = "AES-GCM";
  const utf8 = (text) => new TextEncoder().encode(text), random = (size) => crypto.getRandomValues(new Uint8Array(size));
  const spelled = (buffer) => btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""));
  const read = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const sha256 = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));

  // What stays in this browser: secret keys, which it does not give out, and the public keys that were seen first.
  const kept = (mode, act) => new Promise((done, failed) => {
    const opening = indexedDB.open("abeyance-consultations", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("kept");
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const base = opening.result, asked = act(base.transaction("kept", mode).objectStore("kept"));
      asked.onsuccess = () => { done(asked.result); base.close(); };
      asked.onerror = () => { failed(asked.error); base.close(); };
    };
  });
  const fetched = (name) => kept("readonly", (store) => store.get(name));
  const keep = (name, value) => kept("readwrite", (store) => store.put(value, name));

  async function keepKey(file) {
    const secret = await crypto.subtle.importKey("pkcs8", read(file.secret), CURVE, false, ["deriveBits"]);
    await keep(`key ${file.consultation}/${file.seat}`, {secret, open: file.open});
  }
  async function fromFile(input) {
    const file = JSON.parse(await input.files[0].text());
    if (file.abeyance !== "key of a consultation") throw new Error("another file");
    await keepKey(file);
    return file;
  }

  const back = document.getElementById("return");
  if (back && window.crypto && crypto.subtle) {
    const part = back.querySelector("[data-part=recovery]"), said = back.querySelector("[data-part=said]");
    part.hidden = false;
    document.getElementById("recovery").addEventListener("change", async (event) => {
      try {
        document.getElementById("word").value = (await fromFile(event.target)).word;
        back.requestSubmit();
      } catch { said.textContent = said.dataset.wrong; }
    });
  }

  const room = document.getElementById("talk");
  if (!room || !window.crypto || !crypto.subtle || !window.indexedDB) return;
  const words = room.dataset, me = words.seat, code = words.consultation;
  const part = (name) => room.querySelector(`[data-part=${name}]`), tell = (text) => { part("said").textContent = text; };
  const csrf = room.querySelector("[name=csrfmiddlewaretoken]").value;
  let mine = null, seats = {}, changed = false, seen = "";

  async function post(address, fields) {
    const body = new URLSearchParams(fields);
    const answer = await fetch(address, {method: "POST", headers: {"X-CSRFToken": csrf}, body, redirect: "follow"});
    if (!answer.ok) throw new Error(String(answer.status));
  }

  async function wrappingKey(secret, open, salt, from, to) {
    const theirs = await crypto.subtle.importKey("raw", read(open), CURVE, false, []);
    const shared = await crypto.subtle.deriveBits({name: "ECDH", public: theirs}, secret, 256);
    const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
    const how = {name: "HKDF", hash: "SHA-256", salt, info: utf8(`abeyance consultation 1|${code}|${from}|${to}`)};
    return crypto.subtle.deriveKey(how, base, {name: AES, length: 256}, false, ["encrypt", "decrypt"]);
  }

  async function sealed(content) {
    const salt = random(16), iv = random(12), raw = random(32), wraps = {};
    const key = await crypto.subtle.importKey("raw", raw, AES, false, ["encrypt"]);
    const text = await crypto.subtle.encrypt({name: AES, iv, additionalData: utf8(`${code}|${me}`)}, key, utf8(JSON.stringify(content).padEnd(256)));
    for (const [name, seat] of Object.entries(seats)) {
      if (!seat.key) continue;
      const wrapping = await wrappingKey(mine.secret, seat.key, salt, me, name), nonce = random(12);
      wraps[name] = {iv: spelled(nonce), key: spelled(await crypto.subtle.encrypt({name: AES, iv: nonce}, wrapping, raw))};
    }
    return JSON.stringify({v: 1, salt: spelled(salt), iv: spelled(iv), text: spelled(text), wraps});
  }

  async function opened(message) {
    const said = JSON.parse(message.envelope), wrap = said.wraps[me], from = message.seat;
    const wrapping = await wrappingKey(mine.secret, seats[from].key, read(said.salt), from, me);
    const raw = await crypto.subtle.decrypt({name: AES, iv: read(wrap.iv)}, wrapping, read(wrap.key));
    const key = await crypto.subtle.importKey("raw", raw, AES, false, ["decrypt"]);
    const how = {name: AES, iv: read(said.iv), additionalData: utf8(`${code}|${from}`)};
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, read(said.text))));
  }

  async function send(content) {
    if (changed) { tell(words.changed); return false; }
    try {
      await post(words.say, {way: "say", envelope: await sealed(content)});
    } catch { tell(words.failed); return false; }
    await look();
    return true;
  }

  const element = (name, text, ...inside) => { const made = document.createElement(name); made.textContent = text; made.append(...inside); return made; };
  const button = (text, act) => {
    const made = element("button", text);
    made.type = "button";
    made.addEventListener("click", async () => { made.disabled = true; try { await act(); } catch { tell(words.failed); } made.disabled = false; });
    return made;
  };

  async function showSeats(list) {
    const lines = [];
    for (const seat of list) {
      const line = element("li", `${seat.name}${seat.name === me ? " *" : ""}: `);
      if (!seat.key) { line.append(element("span", words.nokey)); lines.push(line); continue; }
      const first = await fetched(`seen ${code}/${seat.name}`), number = (await sha256(read(seat.key))).slice(0, 40).match(/.{4}/g).join(" ");
      const print = element("code", number);
      print.dataset.fingerprint = seat.name;
      line.append(print);
      if (first === undefined) { await keep(`seen ${code}/${seat.name}`, seat.key); if (seat.name !== me) line.append(" ", element("em", words.first)); }
      if ((first !== undefined && first !== seat.key) || (seat.name === me && mine.open !== seat.key)) { changed = true; line.append(" ", element("strong", words.changed)); }
      lines.push(line);
    }
    part("seats").replaceChildren(...lines);
    if (changed) tell(words.changed);
  }

  async function shownMessage(message, consents) {
    const line = element("li", ""), head = element("strong", `${message.seat} `), at = element("time", new Date(message.at).toLocaleString());
    at.dateTime = message.at;
    line.append(head, at);
    let content;
    try { content = await opened(message); } catch { line.append(element("p", words.unread)); return line; }
    const text = element("p", content.text);
    text.className = "said";
    line.append(text);
    if (content.kind === "ask") await asked(line, head, message, content, consents);
    else if (words.host && !seats[message.seat].host) {
      line.append(button(words.ask, () => send({kind: "ask", seat: message.seat, text: chosen(text), salt: hex(random(16))})));
    }
    return line;
  }
  const chosen = (text) => {
    const selection = getSelection(), words = selection.toString().trim();
    return words && text.contains(selection.anchorNode) && text.textContent.includes(words) ? words : text.textContent;
  };

  async function asked(line, head, message, content, consents) {
    const digest = await sha256(utf8(content.salt + content.text));
    const answers = consents.filter((each) => each.seat === content.seat && each.digest === digest), last = answers.pop();
    head.append(`→ ${content.seat} ${words.asks} `);
    if (last) line.append(element("em", `${content.seat}: ${last.given ? words.consented : words.refused} `));
    const answer = (way) => button(way === "yes" ? words.yes : words.no, async () => { await post(words.say, {way, digest}); await look(); });
    if (content.seat === me && seats[message.seat].host) line.append(answer("yes"), " ", answer("no"));
    if (words.host && words.take && last && last.given) {
      line.append(button(words.taken, async () => { await post(words.take, {seat: content.seat, text: content.text, salt: content.salt}); location.reload(); }));
    }
  }

  async function look() {
    const answer = await fetch(words.messages, {headers: {Accept: "application/json"}});
    if (!answer.ok) return;
    const text = await answer.text();
    if (text === seen) return;
    seen = text;
    const said = JSON.parse(text);
    seats = Object.fromEntries(said.seats.map((seat) => [seat.name, seat]));
    await showSeats(said.seats);
    const lines = [];
    for (const message of said.messages) lines.push(await shownMessage(message, said.consents));
    part("messages").replaceChildren(...lines);
  }

  async function make() {
    const pair = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
    const open = spelled(await crypto.subtle.exportKey("raw", pair.publicKey)), secret = spelled(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
    const file = {abeyance: "key of a consultation", consultation: code, seat: me, word: words.return, open, secret};
    await keepKey(file);
    await post(words.say, {way: "key", key: open});
    const link = part("download");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file)], {type: "application/json"}));
    link.download = `consultation-${code}-${me}.json`;
    part("kept").hidden = false;
    await begin();
  }

  async function begin() {
    mine = await fetched(`key ${code}/${me}`);
    part("without").hidden = true;
    part("keyless").hidden = Boolean(mine);
    part("room").hidden = !mine;
    if (mine) { await look(); room.dataset.ready = "yes"; }
  }

  if (part("make")) part("make").addEventListener("click", () => make().catch(() => tell(words.failed)));
  document.getElementById("recovery").addEventListener("change", async (event) => {
    try { await fromFile(event.target); await begin(); } catch { tell(words.wrong); }
  });
  part("send").addEventListener("click", async () => {
    const field = document.getElementById("words"), text = field.value.trim();
    if (text && await send({kind: "say", text})) field.value = "";
  });
  setInterval(() => { if (mine && !document.hidden) look().catch(() => {}); }, 10000);
  begin().catch(() => {});
})();
