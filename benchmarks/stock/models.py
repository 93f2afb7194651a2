"""One flat lead with three foreign keys: what a tutorial would store."""

from django.db import models


class Dealer(models.Model):
    name = models.CharField(max_length=200)


class Status(models.Model):
    name = models.CharField(max_length=80)


class Source(models.Model):
    name = models.CharField(max_length=80)


class Lead(models.Model):
    dealer = models.ForeignKey(Dealer, models.PROTECT)
    status = models.ForeignKey(Status, models.PROTECT)
    source = models.ForeignKey(Source, models.PROTECT)
    external_id = models.CharField(max_length=64, unique=True)
    subject = models.CharField(max_length=200)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    city = models.CharField(max_length=100, blank=True)
    expected_value = models.DecimalField(max_digits=11, decimal_places=2, null=True)
    probability = models.PositiveSmallIntegerField(null=True)
    urgency = models.CharField(max_length=10, blank=True)
    budget_from = models.DecimalField(max_digits=11, decimal_places=2, null=True)
    budget_to = models.DecimalField(max_digits=11, decimal_places=2, null=True)
    message = models.TextField(blank=True)
    is_test = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)


# --- what a list is imported into (imported.py) ---------------------------------------------------


class Seller(models.Model):
    email = models.EmailField(unique=True)


class Location(models.Model):
    name = models.CharField(max_length=80, unique=True)


class Customer(models.Model):
    salutation = models.CharField(max_length=10, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100)
    email = models.EmailField(unique=True)
    phone = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    city = models.CharField(max_length=100, blank=True)


class ListedLead(models.Model):
    external_id = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField()
    status = models.ForeignKey(Status, models.PROTECT)
    source = models.ForeignKey(Source, models.PROTECT)
    seller = models.ForeignKey(Seller, models.PROTECT, null=True)
    location = models.ForeignKey(Location, models.PROTECT, null=True)
    customer = models.ForeignKey(Customer, models.PROTECT)
    subject = models.CharField(max_length=200)
    message = models.TextField(blank=True)
    vehicle_name = models.CharField(max_length=300, blank=True)
    vehicle_price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    expected_value = models.DecimalField(max_digits=11, decimal_places=2, null=True)
    probability = models.PositiveSmallIntegerField(null=True)
