// While somebody types a schedule, what it means is told beside it.
"use strict";

(() => {
    let waiting;

    async function explain(field) {
        const words = field.closest("tr, .form-row, .inline-related").querySelector("[data-crontab-words]");
        const address = new URL("../../crontab/", window.location.href);
        address.searchParams.set("lines", field.value);
        const answer = await fetch(address);
        if (!words || !answer.ok) {
            return;
        }
        const told = await answer.json();
        words.replaceChildren(...told.lines.map((line) => {
            const paragraph = document.createElement("p");
            paragraph.textContent = line;
            return paragraph;
        }));
        field.setAttribute("aria-invalid", told.is_good ? "false" : "true");
    }

    document.addEventListener("input", (event) => {
        if (event.target.matches("[data-crontab]")) {
            clearTimeout(waiting);
            waiting = setTimeout(explain, 300, event.target);
        }
    });
})();
