/* Exports: buttons instead of numbers for the order of the columns. */
(function () {
    "use strict";

    function button(words, symbol, act) {
        const made = document.createElement("button");
        made.type = "button";
        made.className = "lo-button";
        made.textContent = symbol;
        if (words !== symbol) {
            made.setAttribute("aria-label", words);
            made.title = words;
        }
        made.addEventListener("click", act);
        return made;
    }

    function columns(fieldset) {
        const list = fieldset.querySelector("ol");
        const boxes = list.querySelectorAll("input[type=checkbox]");

        function count() {
            list.querySelectorAll("[data-position]").forEach(function (field, at) {
                field.value = at + 1;
            });
        }

        function move(row, step) {
            const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
            if (!other) {
                return;
            }
            list.insertBefore(step < 0 ? row : other, step < 0 ? other : row);
            count();
        }

        list.querySelectorAll("li").forEach(function (row) {
            const name = row.querySelector("label").textContent.trim();
            row.querySelector("[data-position]").hidden = true;
            for (const [words, symbol, step] of [
                [fieldset.dataset.up, "↑", -1],
                [fieldset.dataset.down, "↓", 1],
            ]) {
                const made = button(words + ": " + name, symbol, function () {
                    move(row, step);
                    made.focus();
                });
                row.append(made);
            }
        });
        const above = document.createElement("p");
        above.className = "lo-buttons";
        for (const [words, checked] of [[fieldset.dataset.all, true], [fieldset.dataset.none, false]]) {
            above.append(button(words, words, function () {
                boxes.forEach(function (box) { box.checked = checked; });
            }));
        }
        above.append(button(fieldset.dataset.first, fieldset.dataset.first, function () {
            const rows = Array.from(list.children);
            const isChosen = function (row) { return row.querySelector("input").checked; };
            list.append(...rows.filter(isChosen), ...rows.filter((row) => !isChosen(row)));
            count();
            list.scrollTop = 0;
        }));
        fieldset.querySelector("[data-plain]").replaceWith(above);
    }

    document.querySelectorAll(".lo-export-columns").forEach(columns);
    document.querySelectorAll("#export-template").forEach(function (select) {
        select.form.querySelector("button").hidden = true;
        select.addEventListener("change", function () { select.form.submit(); });
    });
}());
