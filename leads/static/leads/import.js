/* The preview of an import: rows are opened, corrected and decided about in place. Without this
   script each of it is a page or a form of its own. */
(function () {
    "use strict";

    const notice = document.querySelector("p[data-refused]");

    function refuse(text) {
        notice.textContent = text;
        notice.hidden = !text;
        if (text) {
            notice.scrollIntoView({block: "nearest"});
        }
    }

    // What the page says about all rows, after one of them has changed.
    async function count() {
        const response = await fetch(location.href);
        const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
        document.querySelectorAll("[data-counts]").forEach(function (shown) {
            const other = fresh.querySelector("[data-counts=" + shown.dataset.counts + "]");
            if (other) {
                shown.replaceWith(document.adoptNode(other));
            }
        });
    }

    // Puts the row as the server shows it now in the place of the one on the page.
    async function replace(row, options) {
        const back = encodeURIComponent(location.pathname + location.search);
        row.setAttribute("aria-busy", "true");
        refuse("");
        try {
            const url = row.dataset.row + "?part=1&next=" + back;
            const response = await fetch(url, {redirect: "error", ...options});
            if (!response.ok) {
                throw new Error(String(response.status));
            }
            const made = document.createElement("template");
            made.innerHTML = (await response.text()).trim();
            const shown = made.content.firstElementChild;
            row.replaceWith(shown);
            refuse(shown.dataset.refused || "");
            const fields = "input:not([type=hidden]), textarea, select, a";
            const first = shown.querySelector("[aria-invalid]") || shown.querySelector(fields);
            if (first) {
                first.focus();
            }
            if (options.method) {
                count();
            }
        } catch (error) {
            row.removeAttribute("aria-busy");
            refuse(notice.dataset.failed);
        }
    }

    document.addEventListener("click", function (event) {
        const link = event.target.closest && event.target.closest("a[data-open]");
        if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
            event.preventDefault();
            replace(link.closest("[data-row]"), {});
        }
    });

    document.addEventListener("submit", function (event) {
        const form = event.target;
        if (form.matches("form[data-part]")) {
            event.preventDefault();
            replace(form.closest("[data-row]"), {method: "POST", body: new FormData(form)});
        }
    });

    // A decision about all rows is seen at once.
    document.querySelectorAll("[data-decide]").forEach(function (button) {
        button.hidden = true;
        button.form.addEventListener("change", function () { button.form.requestSubmit(button); });
    });
}());
