/* Changing a lead's status from its row in the list. */
(function () {
    "use strict";

    function say(text) {
        const toast = document.createElement("div");
        toast.className = "lo-toast";
        toast.setAttribute("role", "status");
        toast.textContent = text;
        document.body.append(toast);
        window.setTimeout(function () { toast.remove(); }, 4000);
    }

    function show(select, tone) {
        select.className = "lo-badge lo-status lo-" + tone;
    }

    async function change(select) {
        if (select.value === "close") {
            select.value = select.dataset.before;
            const here = encodeURIComponent(location.pathname + location.search);
            location.assign(select.dataset.closeUrl + "?next=" + here);
            return;
        }
        const token = document.querySelector("#changelist-form [name=csrfmiddlewaretoken]");
        select.setAttribute("aria-busy", "true");
        let answer = null;
        let text = "";
        try {
            const response = await fetch(select.dataset.statusUrl, {
                method: "POST",
                headers: {Accept: "application/json", "X-CSRFToken": token.value},
                body: new URLSearchParams({status: select.value}),
                redirect: "error",
            });
            const body = await response.json();
            text = body.message;
            answer = response.ok ? body : null;
        } catch (error) {
            text = select.dataset.failed;
        }
        select.removeAttribute("aria-busy");
        if (answer) {
            select.dataset.before = select.value;
            show(select, answer.tone);
        } else {
            select.value = select.dataset.before;
        }
        say(text);
    }

    // Before anybody else hears of it: the admin would take it for an unsaved change and ask
    // whether to lose it when an action is run.
    document.addEventListener("change", function (event) {
        if (event.target.matches && event.target.matches("select[data-status-url]")) {
            event.stopPropagation();
            change(event.target);
        }
    }, true);
})();

// The form of a row, folded below its overview.
(function () {
    "use strict";

    function open(id) {
        const details = document.getElementById(id);
        details.open = true;
        details.scrollIntoView({block: "start"});
        const wrong = details.querySelector(".errors :is(input, select, textarea)");
        if (wrong) {
            wrong.focus();
        } else {
            details.querySelector("summary").focus({preventScroll: true});
        }
    }

    document.addEventListener("click", function (event) {
        const link = event.target.closest && event.target.closest("a[data-opens]");
        if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
            event.preventDefault();
            open(link.dataset.opens);
        }
    });

    window.addEventListener("load", function () {
        const unfolded = document.querySelector("details.lo-edit[open]");
        if (unfolded) {
            open(unfolded.id);
        }
    });
})();

// A double click sends a form once: the second one would collide with what the first changed.
(function () {
    "use strict";

    const PAUSE = 2000; // milliseconds; a form that stays on the page may be sent again later

    document.addEventListener("submit", function (event) {
        const form = event.target;
        if (form.method !== "post" || event.defaultPrevented) {
            return;
        }
        if (form.dataset.sent) {
            event.preventDefault();
            return;
        }
        form.dataset.sent = "yes";
        window.setTimeout(function () { delete form.dataset.sent; }, PAUSE);
    });
})();
