// Start every part of the page.

import { openChats, separateDays } from "/page/chat.js";
import { clock, openClock } from "/page/clock.js";
import { openComposers } from "/page/compose.js";
import { openDialogs } from "/page/dialogs.js";
import { openDrawers } from "/page/drawer.js";
import { openPeople } from "/page/people.js";
import { listen } from "/page/stream.js";

clock.onDay(() => document.querySelectorAll(".log").forEach(separateDays));
openClock();
openDialogs();
openDrawers();
openComposers();
openChats();
openPeople((people) => listen(people));
document.documentElement.dataset.ready = "";
