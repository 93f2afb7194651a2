/* A bar of progress that moves; when the work is over, the page is loaded anew. */
(function () {
    "use strict";

    async function follow(bar) {
        try {
            const response = await fetch(bar.dataset.progress, {headers: {Accept: "application/json"}});
            const state = await response.json();
            bar.value = state.percent;
            document.querySelector("[data-words]").textContent = state.words;
            if (state.is_over) {
                location.reload();
                return;
            }
        } catch (error) { /* the next look may succeed */ }
        window.setTimeout(follow, 1000, bar);
    }

    document.querySelectorAll("[data-progress]").forEach(follow);
}());
