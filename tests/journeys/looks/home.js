await until(() => visible("#home .chap button"), "the catalogue is here");
await until(() => document.querySelectorAll("#home .pano .tile").length > 10, "records stand in the panorama");
click("#pano-play");
await audit("home");
for (const chapter of document.querySelectorAll("[data-chapter]")) { chapter.click(); await pause(60); }
spill("home with its chapters");
await audit("home with its chapters");
location.hash = "#/lesson/L99";
await until(() => visible("#notice"), "a notice");
await audit("a notice");
for (const link of ["simplified", "licence"]) {
  location.hash = `#/${link}`;
  await until(() => visible("#paper h1"), `the page ${link}`);
  await audit(`the page ${link}`);
  spill(`the page ${link}`);
}
