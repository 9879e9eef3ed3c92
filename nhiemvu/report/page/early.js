// Before anything is drawn: whether the page comes to life is known when it is loaded. Old browsers must understand this.
document.documentElement.classList.add("js");
addEventListener("load", function () {
  if (!document.documentElement.classList.contains("ready")) document.documentElement.classList.remove("js");
});
