"""A car as the Marketplace API sends it. Fields: README.md, "Stock"; a tolerant reader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.automanager.fields import Broken, Reader, Remarks

_MONTH = re.compile(r"((?:19|20)[0-9]{2})-(0[1-9]|1[0-2])")
_MAX_PRICE = Decimal(10) ** 8
_LONGEST_NUMBER, _LONGEST_VIN = 40, 17


@dataclass(frozen=True, kw_only=True, slots=True)
class MarketCar:
    """`code` is the location's, `number` the dealer's own; `price` in EUR, `first_registration`
    as 2022-05."""

    id: str
    code: str
    number: str
    vin: str
    make: str
    model: str
    variant: str
    mileage_km: int | None
    first_registration: str
    price: Decimal | None
    is_reserved: bool

    @classmethod
    def from_payload(cls, data: Any, remarks: Remarks) -> MarketCar:
        """Raises Broken: not as agreed, or nothing by which it could be found again."""
        read = Reader(data, remarks, "")
        make, model = read.inner("manufacturer"), read.inner("model")
        registered = read.inner("dateOfFirstRegistration")
        month = _MONTH.match(registered.text("date", 40)) if registered else None
        number, vin = read.id("orderNumber"), read.text("vin", 40).upper()
        if len(number) > _LONGEST_NUMBER:
            raise Broken("orderNumber")
        vin = vin if len(vin) <= _LONGEST_VIN else ""
        if not number and not vin:
            raise Broken("orderNumber, vin")
        return cls(
            id=read.id("id", required=True),
            code=read.id("kuerzel"),
            number=number,
            vin=vin,
            make=make.text("name", 60) if make else "",
            model=model.text("name", 100) if model else "",
            variant=read.text("modelExtension", 150),
            mileage_km=read.whole("mileage"),
            first_registration=f"{month[1]}-{month[2]}" if month else "",
            price=_euros(data.get("consumerPrice")),
            is_reserved=read.flag("hasReservation") is True,
        )


def _euros(price: Any) -> Decimal | None:
    """What buyers pay, VAT included; None for none, or in another currency."""
    if price is None:
        return None
    if not isinstance(price, dict):
        raise Broken("consumerPrice")
    total, currency = price.get("totalPrice"), price.get("currency")
    if total is None or currency not in (None, "", "EUR", "€"):
        return None
    if isinstance(total, bool) or not isinstance(total, int | float | str):
        raise Broken("consumerPrice.totalPrice")
    try:
        amount = Decimal(str(total))
    except InvalidOperation as error:
        raise Broken("consumerPrice.totalPrice") from error
    if not amount.is_finite() or not 0 <= amount < _MAX_PRICE:
        raise Broken("consumerPrice.totalPrice")
    return amount.quantize(Decimal("0.01"))
