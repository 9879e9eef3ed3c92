"use strict";
// Every form works without this file; with it a workbook is sent as soon as it is chosen or dropped, one sees how far
// it is, and a waiting page turns into the result by itself.

const show = (element, text) => {
  element.textContent = text;
  element.hidden = !text;
};

document.documentElement.classList.add("js");
for (const element of document.querySelectorAll("[data-js]")) element.hidden = false;
for (const form of document.querySelectorAll("form[data-upload]")) watchUpload(form);
const waiting = document.querySelector("[data-wait]");
if (waiting) wait(waiting);

// A page that comes back from the browser's memory may show a job that has gone on.
addEventListener("pageshow", (event) => { if (event.persisted && (waiting || document.querySelector("form[data-upload]"))) location.reload(); });

function watchUpload(form) {
  const input = form.querySelector("input[type=file]");
  const zone = form.querySelector("[data-zone]");
  input.addEventListener("change", () => { if (input.files.length) send(form, [...input.files]); });
  zone.addEventListener("click", (event) => { if (event.target === zone) input.click(); });
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget)) zone.classList.remove("over");
  });
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
    const files = entries.some((entry) => entry && entry.isDirectory) ? await listFiles(entries) : [...event.dataTransfer.files];
    if (files.length) send(form, files);
  });
}

// What misses the zone must not make the browser leave the page for the file.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());

// The workbooks of folders, however deep; what Excel and the system keep beside them is left out.
async function listFiles(entries) {
  const files = [];
  for (const entry of entries) {
    if (!entry) continue;
    if (entry.isFile) {
      files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
      continue;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) break;
      const inside = await listFiles(some);
      files.push(...inside.filter((file) => /\.(xlsx|xlsm|xls|xlsb|ods|zip)$/i.test(file.name) && !/^[.~]/.test(file.name)));
    }
  }
  return files;
}

function send(form, files) {
  const input = form.querySelector("input[type=file]");
  const alert = form.querySelector("[data-alert]");
  const sending = form.querySelector("[data-sending]");
  const status = form.querySelector("[data-status]");
  const bar = form.querySelector("progress");
  const cancel = form.querySelector("[data-cancel]");
  const zone = form.querySelector("[data-zone]");
  show(alert, "");
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const most = Number(input.dataset.most);
  const megabytes = (bytes) => String(Math.ceil(bytes / 1048576));
  if (size > most) {
    stop(alert.dataset.tooLarge.replace("{size}", megabytes(size)).replace("{most}", megabytes(most)));
    return;
  }
  const data = new FormData(form);
  data.delete("so");
  for (const file of files) data.append("so", file, file.name);

  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.onprogress = (event) => {
    const share = event.lengthComputable && event.total ? event.loaded / event.total : 0;
    bar.value = share;
    status.textContent = status.dataset.words.replace("{percent}", String(Math.floor(share * 100)));
  };
  request.onload = () => {
    if (request.status === 200 && request.response && request.response.go) {
      status.textContent = status.dataset.arrived;
      location.assign(new URL(request.response.go, form.action));
    } else {
      stop((request.response && request.response.message) || alert.dataset.noAnswer);
    }
  };
  request.onerror = () => stop(alert.dataset.noAnswer);
  request.onabort = () => stop(alert.dataset.cancelled);
  cancel.onclick = () => request.abort();
  zone.hidden = true;
  sending.hidden = false;
  status.textContent = status.dataset.words.replace("{percent}", "0");
  cancel.focus();
  request.send(data);

  function stop(text) {
    zone.hidden = false;
    sending.hidden = true;
    input.value = "";
    show(alert, text);
    input.focus();
  }
}

async function wait(page) {
  const status = page.querySelector("[data-status]");
  const bar = page.querySelector("progress");
  const alert = page.querySelector("[data-alert]");
  let version = page.dataset.wait;
  let failures = 0;
  let leaving = false;  // to load the page anew now would call off what the button asked for
  page.addEventListener("submit", () => { leaving = true; });
  while (!leaving) {
    try {
      const answer = await fetch(`tien-do?co=${version}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) break;
      const news = await answer.json();
      if (news.finished) break;
      version = news.version;
      if (status.textContent !== news.status) status.textContent = news.status;
      if (news.total > 1) {
        bar.max = news.total;
        bar.value = news.done;
      }
      failures = 0;
      show(alert, "");
    } catch {
      failures += 1;
      if (failures > 2) show(alert, alert.dataset.noAnswer);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
  if (!leaving) location.reload();
}
