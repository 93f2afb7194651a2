"""The name of each check, and what staff should do about what it finds."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


@dataclass(frozen=True, slots=True)
class Words:
    """`title`: a few words for lists. `step`: what staff should do."""

    title: str | Promise
    step: str | Promise


WORDS: dict[str, Words] = {
    "SRC-01": Words(
        gettext_lazy("Automanager cannot be read"),
        gettext_lazy(
            "Nobody knows now whether the exports work. Check address and access token of the "
            "connection; if they are right, call Automanager's support."
        ),
    ),
    "SRC-02": Words(
        gettext_lazy("Automanager's answer is not as agreed"),
        gettext_lazy("Report this to the operator: the interface has changed."),
    ),
    "SRC-03": Words(
        gettext_lazy("Unknown Automanager code"),
        gettext_lazy(
            "Enter the code at the location it belongs to; what is not ours can be acknowledged."
        ),
    ),
    "AM-01": Words(
        gettext_lazy("Interface locked"),
        gettext_lazy(
            "Open the details of the export in Automanager and compare number and limit. Look for "
            "the cause in the import history: a wrong list, a missing file, another location. If "
            "the stock is wrong, repair it first. If it is right, choose “Übertragung aktivieren”."
        ),
    ),
    "AM-02": Words(
        gettext_lazy("Lock is near"),
        gettext_lazy("Check today's import before the interface locks itself."),
    ),
    "AM-03": Words(
        gettext_lazy("Nobody is told about a lock"),
        gettext_lazy("Name two users in Automanager under Settings > Export."),
    ),
    "AM-04": Words(
        gettext_lazy("Data provider missing"),
        gettext_lazy(
            "Register pixelconcept as data provider in the dealer area of the platform and check "
            "the dealer number. One full transfer is justified afterwards."
        ),
    ),
    "AM-05": Words(
        gettext_lazy("File export silent"),
        gettext_lazy(
            "Check that the export is active and its access data are right; then call the "
            "platform's support."
        ),
    ),
    "AM-06": Words(
        gettext_lazy("Export is behind"),
        gettext_lazy(
            "Look for a lock, the data provider and the release of the car; then call "
            "pixelconcept's support."
        ),
    ),
    "AM-07": Words(
        gettext_lazy("Sent, but not confirmed"),
        gettext_lazy("Wait for one more run, then call the platform's support."),
    ),
    "AM-08": Words(
        gettext_lazy("Full run with a wrong number of cars"),
        gettext_lazy(
            "Stop and compare the lists: an empty run may delete the whole stock at the platform."
        ),
    ),
    "AM-09": Words(
        gettext_lazy("First reconciliation is open"),
        gettext_lazy(
            "Assign the ads by hand in the export, once. Until then expect ads to be created "
            "twice, at your cost."
        ),
    ),
    "AM-10": Words(
        gettext_lazy("Checked too rarely"),
        gettext_lazy(
            "Repair the schedule of the check. For cars that were missed meanwhile a full "
            "transfer may be justified."
        ),
    ),
    "AM-20": Words(
        gettext_lazy("Car refused by the platform"),
        gettext_lazy(
            "Correct the field that is named and save the car; the change is sent by itself. No "
            "full transfer is needed."
        ),
    ),
    "AM-21": Words(
        gettext_lazy("One cause, several cars refused"),
        gettext_lazy(
            "Repair it once where it comes from: the rule of the import, or the DAT enrichment."
        ),
    ),
    "AM-22": Words(
        gettext_lazy("Accepted with a warning"),
        gettext_lazy("Read it the next time somebody edits the car."),
    ),
    "AM-23": Words(
        gettext_lazy("Car is missing on the platform"),
        gettext_lazy(
            "See in the history of the car whether it is released and not kept offline by the "
            "EnVKV check. If nothing was sent for five days, a full transfer is the documented "
            "remedy."
        ),
    ),
    "AM-24": Words(
        gettext_lazy("Ad without a car"),
        gettext_lazy(
            "Delete the ad at the platform or assign it, and tell the sellers: leads may come in "
            "for a car that is sold."
        ),
    ),
    "AM-25": Words(
        gettext_lazy("Car is listed twice"),
        gettext_lazy(
            "Keep the older ad and remove the other one; see whether the car has changed its "
            "location."
        ),
    ),
    "AM-26": Words(
        gettext_lazy("Deleted and created again"),
        gettext_lazy("Expect a fee for a new listing; find the import that caused it."),
    ),
    "AM-27": Words(
        gettext_lazy("Price differs"),
        gettext_lazy("Correct the price where it comes from: a wrong price is a legal risk."),
    ),
    "AM-28": Words(
        gettext_lazy("Booking that nobody wanted"),
        gettext_lazy(
            "Remove it in the publication of the car, or set the export to “not transferred”."
        ),
    ),
    "AM-29": Words(
        gettext_lazy("Neither VIN nor own number"),
        gettext_lazy("Complete the car: without them ads and leads cannot be assigned to it."),
    ),
    "AM-40": Words(
        gettext_lazy("Source is silent"),
        gettext_lazy(
            "Is the address of LeadOffice or Automanager (…@dein.auto) still entered at the "
            "platform? Where is its mail forwarded to? Are the ads online?"
        ),
    ),
    "AM-41": Words(
        gettext_lazy("Open lead, car is gone"),
        gettext_lazy("Offer another car, or close the lead with the fitting reason."),
    ),
    "AM-42": Words(
        gettext_lazy("Open lead, car is faulty"),
        gettext_lazy("Check price and data before answering."),
    ),
    "AM-43": Words(
        gettext_lazy("Lead without a car"),
        gettext_lazy(
            "Assign the car by hand. If there are several such leads, see whether a "
            "reconciliation is open or cars are listed twice."
        ),
    ),
}


def title_of(check: str) -> str:
    return str(WORDS[check].title)


def step_of(check: str) -> str:
    return str(WORDS[check].step)
