import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import integrations.models.connection
import integrations.models.website_form
import leads.models.encrypted


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("leads", "0001_initial"),
        ("leads", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "partner",
                    models.CharField(
                        choices=[
                            ("bdk", "BDK Leadservice"),
                            ("google_ads", "Google Ads"),
                            ("meta", "Meta Lead Ads"),
                            ("mail", "mailbox"),
                            ("automanager", "Automanager"),
                            ("marketplace", "Automanager Marketplace"),
                            ("drklein", "Dr. Klein Ratenkredit"),
                        ],
                        default="bdk",
                        max_length=20,
                        verbose_name="partner",
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "mode",
                    models.CharField(
                        choices=[("test", "test"), ("live", "live")],
                        default="test",
                        max_length=4,
                        verbose_name="operation",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="switched on")),
                (
                    "base_url",
                    models.URLField(
                        blank=True, max_length=300, verbose_name="address of the service"
                    ),
                ),
                (
                    "token_url",
                    models.URLField(
                        blank=True, max_length=300, verbose_name="address for signing in"
                    ),
                ),
                (
                    "client_id",
                    models.CharField(blank=True, max_length=200, verbose_name="client id"),
                ),
                (
                    "client_secret",
                    leads.models.encrypted.EncryptedTextField(
                        blank=True, verbose_name="client secret"
                    ),
                ),
                ("scope", models.CharField(blank=True, max_length=200, verbose_name="scope")),
                (
                    "address_key",
                    models.CharField(
                        default=integrations.models.connection.new_address_key,
                        editable=False,
                        max_length=40,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                (
                    "previous_secret",
                    leads.models.encrypted.EncryptedTextField(blank=True, editable=False),
                ),
                (
                    "previous_secret_until",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="former key valid until"
                    ),
                ),
                (
                    "default_source",
                    models.CharField(
                        blank=True,
                        help_text="Empty: the usual source of this partner.",
                        max_length=80,
                        verbose_name="source of its leads",
                    ),
                ),
                (
                    "default_campaign",
                    models.CharField(
                        blank=True,
                        help_text="Where the partner does not name one itself.",
                        max_length=200,
                        verbose_name="campaign of its leads",
                    ),
                ),
                (
                    "consent_text",
                    models.CharField(
                        blank=True,
                        help_text="Which wording people agree to in the form, and where it can be read.",
                        max_length=300,
                        verbose_name="consent text of the form",
                    ),
                ),
                ("page_id", models.CharField(blank=True, max_length=40, verbose_name="page id")),
                (
                    "verify_token",
                    leads.models.encrypted.EncryptedTextField(
                        blank=True, verbose_name="verify token"
                    ),
                ),
                (
                    "access_token",
                    leads.models.encrypted.EncryptedTextField(
                        blank=True, verbose_name="page access token"
                    ),
                ),
                (
                    "paused_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="paused"
                    ),
                ),
                (
                    "profile",
                    models.CharField(
                        blank=True,
                        choices=[("a", "profile A"), ("b", "profile B")],
                        max_length=1,
                        verbose_name="profile",
                    ),
                ),
                (
                    "case_source",
                    models.CharField(
                        blank=True,
                        help_text="leadquelle: as agreed with Dr. Klein.",
                        max_length=80,
                        verbose_name="lead source there",
                    ),
                ),
                (
                    "adviser_number",
                    models.CharField(
                        blank=True,
                        help_text="kundenbetreuer.partnerId: five characters like ABC12, or TEST.",
                        max_length=5,
                        verbose_name="adviser's partner number",
                    ),
                ),
                (
                    "case_values",
                    models.JSONField(blank=True, default=dict, verbose_name="further values"),
                ),
                (
                    "takes_stock",
                    models.BooleanField(
                        default=False,
                        help_text="Its cars become vehicles here; those it no longer names are marked as gone.",
                        verbose_name="take over the stock",
                    ),
                ),
                (
                    "accepts_vanishing",
                    models.BooleanField(
                        default=False,
                        help_text="In the next run, however many vehicles the stock no longer names are marked as gone.",
                        verbose_name="many vehicles may be gone",
                    ),
                ),
                (
                    "limits",
                    models.JSONField(blank=True, default=dict, verbose_name="limits of the checks"),
                ),
                (
                    "mail_host",
                    models.CharField(blank=True, max_length=200, verbose_name="mail server"),
                ),
                (
                    "mail_port",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty: the usual one.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(65535),
                        ],
                        verbose_name="port",
                    ),
                ),
                (
                    "mail_encryption",
                    models.CharField(
                        choices=[
                            ("tls", "TLS"),
                            ("starttls", "STARTTLS"),
                            ("none", "none, on this machine only"),
                        ],
                        default="tls",
                        max_length=8,
                        verbose_name="encryption",
                    ),
                ),
                (
                    "mail_folder",
                    models.CharField(
                        default="INBOX", max_length=200, verbose_name="folder that is read"
                    ),
                ),
                (
                    "mail_done_folder",
                    models.CharField(
                        default="LeadOffice",
                        max_length=200,
                        verbose_name="folder for what was taken in",
                    ),
                ),
                (
                    "mail_aside_folder",
                    models.CharField(
                        default="LeadOffice-Pruefen",
                        max_length=200,
                        verbose_name="folder for what a person should look at",
                    ),
                ),
                (
                    "mail_senders",
                    models.TextField(
                        blank=True,
                        help_text="An address or a domain per line; mails of others wait for a person. Empty: everybody.",
                        verbose_name="allowed senders",
                    ),
                ),
                (
                    "mail_checked_by",
                    models.CharField(
                        blank=True,
                        help_text="Its name in the header Authentication-Results. With it, mails of partners count only if SPF or DKIM has confirmed them.",
                        max_length=200,
                        verbose_name="server that checks senders",
                    ),
                ),
                (
                    "reports_status",
                    models.BooleanField(
                        default=True,
                        help_text="BDK hears how far its leads are; never what somebody has written.",
                        verbose_name="report the status of its leads",
                    ),
                ),
                ("status_words", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "push_secret",
                    leads.models.encrypted.EncryptedTextField(blank=True, editable=False),
                ),
                (
                    "kept_token",
                    leads.models.encrypted.EncryptedTextField(blank=True, editable=False),
                ),
                ("paused_sites", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "retry_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="next attempt"
                    ),
                ),
                ("is_told_to_wait", models.BooleanField(default=False, editable=False)),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, verbose_name="failures in a row"
                    ),
                ),
                ("unusable_answers", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "newest_lead_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="newest lead"
                    ),
                ),
                ("totals", models.JSONField(blank=True, default=dict, editable=False)),
                ("cursors", models.JSONField(blank=True, default=dict, editable=False)),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "received",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="messages received"
                    ),
                ),
                (
                    "refused",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="messages refused"
                    ),
                ),
                (
                    "last_success_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="last success"
                    ),
                ),
                (
                    "last_error",
                    models.TextField(blank=True, editable=False, verbose_name="last error"),
                ),
                (
                    "last_error_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="last error at"
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        help_text="Its leads belong there, unless the message names another one.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="leads.location",
                        verbose_name="location",
                    ),
                ),
            ],
            options={
                "verbose_name": "connection",
                "verbose_name_plural": "connections",
                "ordering": ["dealer", "partner", "name"],
                "permissions": [("pull_connection", "Can fetch leads from a partner")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dealer", "name"), name="connection_once_per_name"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("page_id", ""), _negated=True),
                        fields=("dealer", "page_id"),
                        name="connection_once_per_page",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("partner", "drklein"), _negated=True),
                            models.Q(("profile", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="connection_to_drklein_has_profile",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConnectionSchedule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("job", models.CharField(editable=False, max_length=20, verbose_name="job")),
                ("crontab", models.TextField(blank=True, max_length=500, verbose_name="when")),
                (
                    "changed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="valid since",
                    ),
                ),
                (
                    "next_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="next time"
                    ),
                ),
                (
                    "last_slot",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="last time"
                    ),
                ),
                ("last_job", models.UUIDField(blank=True, editable=False, null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="schedules",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
            ],
            options={
                "verbose_name": "schedule of a connection",
                "verbose_name_plural": "schedules of connections",
                "ordering": ["connection", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at"],
                        name="connection_schedule_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "job"), name="connection_schedule_once_per_job"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("receipt", "receipt"),
                            ("status", "status report"),
                            ("mail", "mail"),
                        ],
                        default="receipt",
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "recipient",
                    models.CharField(blank=True, max_length=40, verbose_name="recipient"),
                ),
                (
                    "message_id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, verbose_name="number of the message"
                    ),
                ),
                (
                    "outside_id",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="number at the partner"
                    ),
                ),
                (
                    "status_word",
                    models.CharField(blank=True, max_length=20, verbose_name="status reported"),
                ),
                (
                    "reason_word",
                    models.CharField(blank=True, max_length=20, verbose_name="reason reported"),
                ),
                (
                    "occurred_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="happened"),
                ),
                ("subject", models.CharField(blank=True, max_length=200, verbose_name="subject")),
                ("text", models.TextField(blank=True, verbose_name="text")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "waiting"),
                            ("sent", "sent"),
                            ("refused", "refused"),
                            ("dropped", "not needed any more"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("next_attempt_at", models.DateTimeField(verbose_name="next attempt")),
                ("answer", models.CharField(blank=True, max_length=200, verbose_name="answer")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="leads.intakeentry",
                        verbose_name="intake entry",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.event",
                        verbose_name="event",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.lead",
                        verbose_name="lead",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["connection", "next_attempt_at"],
                        name="delivery_due",
                    ),
                    models.Index(
                        condition=models.Q(("kind", "mail"), ("state", "pending")),
                        fields=["next_attempt_at"],
                        name="delivery_mail_due",
                    ),
                    models.Index(fields=["dealer", "-id"], name="delivery_newest"),
                    models.Index(
                        condition=models.Q(("kind", "status")),
                        fields=["connection", "recipient", "outside_id", "occurred_at"],
                        name="delivery_status_of_lead",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "kind", "entry"), name="delivery_once_per_entry"
                    ),
                    models.UniqueConstraint(
                        fields=("event", "connection", "recipient", "outside_id"),
                        name="delivery_once_per_event",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("entry__isnull", False), ("kind", "receipt")),
                            models.Q(
                                ("event__isnull", False),
                                ("kind", "status"),
                                ("occurred_at__isnull", False),
                            ),
                            models.Q(
                                ("kind", "mail"),
                                ("occurred_at__isnull", False),
                                ("user__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="delivery_has_its_cause",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportApp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "external_id",
                    models.CharField(max_length=100, verbose_name="number at the partner"),
                ),
                ("platform", models.CharField(max_length=60, verbose_name="platform")),
                (
                    "mode",
                    models.CharField(
                        blank=True,
                        choices=[("api", "single cars by API"), ("file", "whole stock as a file")],
                        max_length=4,
                        verbose_name="way of sending",
                    ),
                ),
                (
                    "dealer_number",
                    models.CharField(blank=True, max_length=40, verbose_name="dealer number"),
                ),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("inactive", "switched off"),
                            ("reconciling", "first reconciliation"),
                            ("active", "active"),
                            ("locked", "locked"),
                        ],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "provider_registered",
                    models.BooleanField(null=True, verbose_name="data provider registered"),
                ),
                (
                    "dealer_number_valid",
                    models.BooleanField(null=True, verbose_name="dealer number valid"),
                ),
                ("lock_since", models.DateTimeField(null=True, verbose_name="locked since")),
                (
                    "lock_action",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("create", "creation"),
                            ("change", "change"),
                            ("delete", "deletion"),
                        ],
                        max_length=10,
                        verbose_name="locked by",
                    ),
                ),
                ("lock_limit", models.PositiveIntegerField(null=True, verbose_name="limit")),
                (
                    "lock_actual",
                    models.PositiveIntegerField(null=True, verbose_name="actual number"),
                ),
                ("limits", models.JSONField(default=dict)),
                (
                    "pending_create",
                    models.PositiveIntegerField(null=True, verbose_name="waiting creations"),
                ),
                (
                    "pending_change",
                    models.PositiveIntegerField(null=True, verbose_name="waiting changes"),
                ),
                (
                    "pending_delete",
                    models.PositiveIntegerField(null=True, verbose_name="waiting deletions"),
                ),
                (
                    "told_count",
                    models.PositiveIntegerField(null=True, verbose_name="people to be told"),
                ),
                (
                    "told_active_count",
                    models.PositiveIntegerField(null=True, verbose_name="of them active"),
                ),
                (
                    "reconciliation",
                    models.CharField(
                        blank=True,
                        choices=[("none", "none"), ("open", "open"), ("done", "done")],
                        max_length=10,
                        verbose_name="reconciliation",
                    ),
                ),
                (
                    "unmatched_listings",
                    models.PositiveIntegerField(null=True, verbose_name="unmatched listings"),
                ),
                (
                    "unmatched_since",
                    models.DateTimeField(null=True, verbose_name="unmatched since"),
                ),
                (
                    "released_vehicles",
                    models.PositiveIntegerField(null=True, verbose_name="released cars"),
                ),
                (
                    "expected_interval_minutes",
                    models.PositiveIntegerField(null=True, verbose_name="sends every (min)"),
                ),
                ("first_seen_at", models.DateTimeField(verbose_name="first seen")),
                ("last_seen_at", models.DateTimeField(verbose_name="last seen")),
                ("gone_at", models.DateTimeField(null=True, verbose_name="gone")),
                ("read_from", models.DateTimeField(null=True)),
                ("read_until", models.DateTimeField(null=True)),
                ("listings_at", models.DateTimeField(null=True, verbose_name="listings as of")),
                ("checked_at", models.DateTimeField(null=True, verbose_name="last checked")),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="export_apps",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.location",
                        verbose_name="location",
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "ordering": ["platform", "dealer_number"],
                "indexes": [
                    models.Index(fields=["dealer", "location"], name="export_app_of_location")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "external_id"), name="export_app_once_per_connection"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "running"),
                            ("done", "done"),
                            ("partial", "partly done"),
                            ("failed", "failed"),
                        ],
                        default="running",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("apps", models.PositiveIntegerField(default=0, verbose_name="exports")),
                ("pages", models.PositiveIntegerField(default=0, verbose_name="pages")),
                ("read", models.JSONField(default=dict, verbose_name="read")),
                ("skipped", models.JSONField(default=list, verbose_name="checks left out")),
                ("outcome", models.JSONField(default=dict, verbose_name="outcome")),
                ("open_counts", models.JSONField(default=dict, verbose_name="open findings")),
                ("error", models.TextField(blank=True, verbose_name="error")),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="export_checks",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
            ],
            options={
                "verbose_name": "check of the exports",
                "verbose_name_plural": "checks of the exports",
                "ordering": ["-started_at", "-pk"],
                "indexes": [
                    models.Index(fields=["connection", "-started_at"], name="export_check_newest"),
                    models.Index(fields=["dealer", "-started_at"], name="export_check_of_dealer"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "external_id",
                    models.CharField(max_length=100, verbose_name="number at the partner"),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("delta", "changes"),
                            ("full", "whole stock"),
                            ("initial", "first run"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed")),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pending", "waiting"),
                            ("ok", "confirmed"),
                            ("partial", "partly confirmed"),
                            ("error", "failed"),
                            ("locked", "locked"),
                        ],
                        max_length=10,
                        verbose_name="result",
                    ),
                ),
                ("created", models.PositiveIntegerField(default=0, verbose_name="creations")),
                ("changed", models.PositiveIntegerField(default=0, verbose_name="changes")),
                ("deleted", models.PositiveIntegerField(default=0, verbose_name="deletions")),
                ("errors", models.PositiveIntegerField(default=0, verbose_name="errors")),
                ("total", models.PositiveIntegerField(null=True, verbose_name="cars")),
                ("message", models.CharField(blank=True, max_length=300, verbose_name="message")),
                (
                    "app",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="integrations.exportapp",
                        verbose_name="export",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
            ],
            options={
                "verbose_name": "export run",
                "verbose_name_plural": "export runs",
                "ordering": ["-sent_at", "-pk"],
                "indexes": [models.Index(fields=["app", "-sent_at"], name="export_run_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("app", "external_id"), name="export_run_once_per_app"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("check_code", models.CharField(max_length=10, verbose_name="check")),
                ("key", models.CharField(editable=False, max_length=360)),
                (
                    "severity",
                    models.PositiveSmallIntegerField(
                        choices=[(10, "info"), (20, "warning"), (30, "error"), (40, "critical")],
                        verbose_name="severity",
                    ),
                ),
                (
                    "dealer_number",
                    models.CharField(blank=True, max_length=40, verbose_name="dealer number"),
                ),
                (
                    "vehicle_number",
                    models.CharField(blank=True, max_length=100, verbose_name="own number"),
                ),
                ("vin", models.CharField(blank=True, max_length=40, verbose_name="VIN")),
                ("facts", models.JSONField(blank=True, default=dict, verbose_name="facts")),
                ("tell_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("opened_at", models.DateTimeField(verbose_name="since")),
                ("last_seen_at", models.DateTimeField(verbose_name="last seen")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="gone")),
                (
                    "reopened_count",
                    models.PositiveIntegerField(default=0, verbose_name="came back"),
                ),
                (
                    "acknowledged_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="acknowledged"),
                ),
                ("acknowledged_severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="acknowledged by",
                    ),
                ),
                (
                    "app",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="findings",
                        to="integrations.exportapp",
                        verbose_name="export",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="findings",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="findings",
                        to="leads.lead",
                        verbose_name="lead",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="leads.location",
                        verbose_name="location",
                    ),
                ),
            ],
            options={
                "verbose_name": "finding",
                "verbose_name_plural": "findings",
                "ordering": ["-severity", "-opened_at", "-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_at", None)),
                        fields=["dealer", "-severity", "-opened_at", "-id"],
                        name="finding_open",
                    ),
                    models.Index(
                        condition=models.Q(("closed_at", None)),
                        fields=["location", "-severity"],
                        name="finding_of_location",
                    ),
                    models.Index(fields=["connection", "check_code"], name="finding_of_connection"),
                    models.Index(
                        condition=models.Q(("tell_at__isnull", False)),
                        fields=["tell_at"],
                        name="finding_to_tell",
                    ),
                    models.Index(
                        condition=models.Q(("vehicle_number", ""), _negated=True),
                        fields=["dealer", "vehicle_number"],
                        name="finding_of_car",
                    ),
                    models.Index(fields=["dealer", "-last_seen_at", "-id"], name="finding_newest"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("dealer", "key"), name="finding_once_per_key")
                ],
            },
        ),
        migrations.CreateModel(
            name="Handover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("test", "test"), ("live", "live")],
                        max_length=4,
                        verbose_name="operation",
                    ),
                ),
                (
                    "profile",
                    models.CharField(
                        choices=[("a", "profile A"), ("b", "profile B")],
                        max_length=1,
                        verbose_name="profile",
                    ),
                ),
                ("url", models.CharField(max_length=400, verbose_name="address")),
                ("payload", leads.models.encrypted.EncryptedTextField(verbose_name="content")),
                (
                    "payload_hash",
                    models.CharField(max_length=64, verbose_name="fingerprint of the content"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sending", "being sent"),
                            ("forwarded", "handed over"),
                            ("unconfirmed", "handed over, without a case number"),
                            ("rejected", "rejected"),
                            ("blocked", "blocked"),
                            ("unknown", "unclear"),
                            ("not_arrived", "did not arrive"),
                            ("withdrawn", "withdrawn"),
                            ("given_up", "given up"),
                        ],
                        default="waiting",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("ordered_at", models.DateTimeField(verbose_name="order given")),
                ("next_attempt_at", models.DateTimeField(verbose_name="next attempt")),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                (
                    "case_number",
                    models.CharField(blank=True, max_length=64, verbose_name="case number"),
                ),
                (
                    "notes",
                    leads.models.encrypted.EncryptedTextField(
                        blank=True, verbose_name="notes of the partner"
                    ),
                ),
                ("problem", models.TextField(blank=True, verbose_name="problem")),
                (
                    "decided_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="decided at"),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handovers",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="handovers",
                        to="leads.lead",
                        verbose_name="lead",
                    ),
                ),
                (
                    "ordered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ordered by",
                    ),
                ),
            ],
            options={
                "verbose_name": "handover",
                "verbose_name_plural": "handovers",
                "ordering": ["-ordered_at", "-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["next_attempt_at"],
                        name="handover_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("state", "sending")),
                        fields=["lease_until"],
                        name="handover_sending",
                    ),
                    models.Index(fields=["dealer", "-ordered_at", "-id"], name="handover_newest"),
                    models.Index(fields=["dealer", "case_number"], name="handover_by_case_number"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "sending", "unknown"])),
                        fields=("lead",),
                        name="handover_one_open_per_lead",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HandoverAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("trace_id", models.UUIDField(unique=True, verbose_name="trace id")),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "status_code",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="answer"),
                ),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("waiting", "waiting"),
                            ("sending", "being sent"),
                            ("forwarded", "handed over"),
                            ("unconfirmed", "handed over, without a case number"),
                            ("rejected", "rejected"),
                            ("blocked", "blocked"),
                            ("unknown", "unclear"),
                            ("not_arrived", "did not arrive"),
                            ("withdrawn", "withdrawn"),
                            ("given_up", "given up"),
                        ],
                        max_length=12,
                        verbose_name="outcome",
                    ),
                ),
                ("problem", models.TextField(blank=True, verbose_name="problem")),
                (
                    "answer",
                    leads.models.encrypted.EncryptedTextField(
                        blank=True, verbose_name="content of the answer"
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "handover",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="log",
                        to="integrations.handover",
                        verbose_name="handover",
                    ),
                ),
            ],
            options={
                "verbose_name": "attempt",
                "verbose_name_plural": "attempts",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="LeadFetch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("form_id", models.CharField(blank=True, max_length=40, verbose_name="form")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("fetched", "fetched"),
                            ("unavailable", "not retrievable"),
                        ],
                        default="waiting",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("refusals", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("announced_at", models.DateTimeField(verbose_name="announced")),
                ("next_attempt_at", models.DateTimeField(verbose_name="next attempt")),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "last_error",
                    models.CharField(blank=True, max_length=300, verbose_name="last error"),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fetches",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fetch",
                        to="leads.intakeentry",
                        verbose_name="intake entry",
                    ),
                ),
            ],
            options={
                "verbose_name": "lead to fetch",
                "verbose_name_plural": "leads to fetch",
                "ordering": ["-announced_at", "-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["next_attempt_at"],
                        name="lead_fetch_due",
                    ),
                    models.Index(fields=["connection", "-announced_at"], name="lead_fetch_newest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Listing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("listing_id", models.CharField(max_length=100, verbose_name="listing")),
                (
                    "vehicle_number",
                    models.CharField(blank=True, max_length=100, verbose_name="own number"),
                ),
                ("vin", models.CharField(blank=True, max_length=40, verbose_name="VIN")),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, null=True, verbose_name="price"
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
                ("is_live", models.BooleanField(verbose_name="online")),
                ("created_at", models.DateTimeField(null=True, verbose_name="created")),
                ("first_seen_at", models.DateTimeField(verbose_name="first seen")),
                ("gone_at", models.DateTimeField(null=True, verbose_name="gone")),
                (
                    "app",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="listings",
                        to="integrations.exportapp",
                        verbose_name="export",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
            ],
            options={
                "verbose_name": "listing",
                "verbose_name_plural": "listings",
                "ordering": ["-first_seen_at", "-pk"],
                "indexes": [
                    models.Index(fields=["dealer", "vehicle_number"], name="listing_of_car"),
                    models.Index(fields=["dealer", "listing_id"], name="listing_by_id"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("app", "listing_id"), name="listing_once_per_app"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StockCar",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "external_id",
                    models.CharField(max_length=100, verbose_name="number at the partner"),
                ),
                (
                    "vehicle_number",
                    models.CharField(blank=True, max_length=100, verbose_name="own number"),
                ),
                ("vin", models.CharField(blank=True, max_length=40, verbose_name="VIN")),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="name")),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, null=True, verbose_name="price"
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
                (
                    "status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("in_stock", "in stock"),
                            ("sold", "sold"),
                            ("deleted", "deleted"),
                        ],
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("status_since", models.DateTimeField()),
                ("reserved_until", models.DateTimeField(null=True, verbose_name="reserved until")),
                ("online", models.BooleanField(null=True, verbose_name="online")),
                ("updated_at", models.DateTimeField(null=True, verbose_name="changed")),
                ("gone_at", models.DateTimeField(null=True, verbose_name="gone")),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.location",
                        verbose_name="location",
                    ),
                ),
            ],
            options={
                "verbose_name": "car of the stock",
                "verbose_name_plural": "cars of the stock",
                "ordering": ["vehicle_number", "pk"],
                "indexes": [
                    models.Index(fields=["dealer", "vehicle_number"], name="stock_car_by_number")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "external_id"), name="stock_car_once_per_connection"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_released", models.BooleanField(verbose_name="released")),
                ("since", models.DateTimeField(verbose_name="since")),
                (
                    "individual_price",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, null=True, verbose_name="price there"
                    ),
                ),
                ("bookings_wanted", models.JSONField(default=list, verbose_name="bookings wanted")),
                (
                    "app",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="releases",
                        to="integrations.exportapp",
                        verbose_name="export",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "car",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="releases",
                        to="integrations.stockcar",
                        verbose_name="car",
                    ),
                ),
            ],
            options={
                "verbose_name": "release",
                "verbose_name_plural": "releases",
                "constraints": [
                    models.UniqueConstraint(fields=("app", "car"), name="release_once_per_car")
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField(verbose_name="started")),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "running"),
                            ("done", "done"),
                            ("partial", "partly done"),
                            ("failed", "failed"),
                        ],
                        default="running",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("pages", models.PositiveIntegerField(default=0, verbose_name="pages")),
                ("received", models.PositiveIntegerField(default=0, verbose_name="received")),
                ("created", models.PositiveIntegerField(default=0, verbose_name="created")),
                ("updated", models.PositiveIntegerField(default=0, verbose_name="updated")),
                (
                    "attached",
                    models.PositiveIntegerField(default=0, verbose_name="added to open leads"),
                ),
                ("repeated", models.PositiveIntegerField(default=0, verbose_name="repeated")),
                ("conflicts", models.PositiveIntegerField(default=0, verbose_name="conflicts")),
                ("quarantined", models.PositiveIntegerField(default=0, verbose_name="quarantined")),
                ("set_aside", models.PositiveIntegerField(default=0, verbose_name="set aside")),
                (
                    "acknowledged",
                    models.PositiveIntegerField(default=0, verbose_name="acknowledged"),
                ),
                (
                    "unknown_types",
                    models.PositiveIntegerField(default=0, verbose_name="of unknown type"),
                ),
                (
                    "reported",
                    models.PositiveIntegerField(default=0, verbose_name="statuses reported"),
                ),
                ("gone", models.PositiveIntegerField(default=0, verbose_name="no longer in stock")),
                ("error", models.TextField(blank=True, verbose_name="error")),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="started by",
                    ),
                ),
            ],
            options={
                "verbose_name": "run",
                "verbose_name_plural": "runs",
                "ordering": ["-started_at", "-pk"],
                "indexes": [
                    models.Index(
                        fields=["connection", "-started_at"], name="run_newest_of_connection"
                    ),
                    models.Index(fields=["dealer", "-started_at"], name="run_newest_of_dealer"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Exchange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
                ("method", models.CharField(max_length=10, verbose_name="method")),
                ("address", models.CharField(max_length=400, verbose_name="address")),
                (
                    "status",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="answer"),
                ),
                ("problem", models.CharField(blank=True, max_length=100, verbose_name="problem")),
                ("milliseconds", models.PositiveIntegerField(verbose_name="duration (ms)")),
                ("sent", models.PositiveIntegerField(default=0, verbose_name="sent (bytes)")),
                (
                    "received",
                    models.PositiveIntegerField(default=0, verbose_name="received (bytes)"),
                ),
                ("shape", models.TextField(blank=True, verbose_name="shape of the answer")),
                ("is_good", models.BooleanField(default=True, verbose_name="went well")),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exchanges",
                        to="integrations.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="exchanges",
                        to="integrations.syncrun",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "exchange with a partner",
                "verbose_name_plural": "exchanges with partners",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["connection", "is_good", "-id"], name="exchange_newest"),
                    models.Index(fields=["dealer", "-id"], name="exchange_newest_of_dealer"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Transmission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(editable=False, max_length=103)),
                ("run_number", models.CharField(blank=True, max_length=100, verbose_name="run")),
                ("at", models.DateTimeField(verbose_name="time")),
                ("vehicle_external_id", models.CharField(blank=True, max_length=100)),
                (
                    "vehicle_number",
                    models.CharField(blank=True, max_length=100, verbose_name="own number"),
                ),
                ("vin", models.CharField(blank=True, max_length=40, verbose_name="VIN")),
                (
                    "action",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("create", "creation"),
                            ("change", "change"),
                            ("delete", "deletion"),
                        ],
                        max_length=10,
                        verbose_name="action",
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pending", "waiting"),
                            ("ok", "no error"),
                            ("warning", "accepted with a warning"),
                            ("error", "refused"),
                        ],
                        max_length=10,
                        verbose_name="result",
                    ),
                ),
                (
                    "listing_id",
                    models.CharField(blank=True, max_length=100, verbose_name="listing"),
                ),
                (
                    "listing_url",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="address of the listing"
                    ),
                ),
                ("bookings", models.JSONField(default=list, verbose_name="bookings")),
                (
                    "booked",
                    models.PositiveSmallIntegerField(default=0, verbose_name="paid bookings"),
                ),
                ("feedback", models.JSONField(default=list, verbose_name="feedback")),
                (
                    "app",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="transmissions",
                        to="integrations.exportapp",
                        verbose_name="export",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
            ],
            options={
                "verbose_name": "transmission",
                "verbose_name_plural": "transmissions",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["app", "-at"], name="transmission_newest"),
                    models.Index(
                        fields=["dealer", "vehicle_number", "-at"], name="transmission_of_car"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("app", "key"), name="transmission_once_per_app")
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("lead.created", "lead created"),
                            ("lead.updated", "lead changed"),
                            ("lead.enquired_again", "another enquiry for a lead"),
                            ("lead.status_changed", "status changed"),
                            ("lead.assigned", "lead assigned"),
                            ("lead.closed", "lead closed"),
                            ("lead.reopened", "lead reopened"),
                            ("lead.merged", "lead merged into another"),
                            ("lead.deleted", "lead deleted"),
                            ("lead.restored", "lead restored"),
                            ("lead.forwarded", "lead handed over to a partner"),
                            ("customer.created", "customer created"),
                            ("customer.updated", "customer changed"),
                            ("customer.merged", "customer merged into another"),
                            ("customer.restored", "customer restored"),
                            ("customer.deleted", "customer deleted"),
                            ("webhook.test", "test message"),
                        ],
                        max_length=40,
                        verbose_name="event",
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=40)),
                (
                    "message_id",
                    models.CharField(
                        max_length=40, unique=True, verbose_name="number of the message"
                    ),
                ),
                ("body", models.TextField(verbose_name="content")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "waiting"),
                            ("sent", "sent"),
                            ("failed", "given up"),
                            ("cancelled", "cancelled"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("next_attempt_at", models.DateTimeField(verbose_name="next attempt")),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "last_status",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="last answer"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.event",
                        verbose_name="event",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook delivery",
                "verbose_name_plural": "webhook deliveries",
                "ordering": ["-created_at", "-pk"],
                "indexes": [
                    models.Index(
                        fields=["dealer", "-created_at", "-id"], name="webhook_delivery_newest"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "status_code",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="answer"),
                ),
                ("duration_ms", models.PositiveIntegerField(verbose_name="duration (ms)")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="problem")),
                ("answer", models.TextField(blank=True, verbose_name="content of the answer")),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="log",
                        to="integrations.webhookdelivery",
                        verbose_name="delivery",
                    ),
                ),
            ],
            options={
                "verbose_name": "attempt",
                "verbose_name_plural": "attempts",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["delivery", "-id"], name="webhook_attempt_newest")
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "url",
                    models.URLField(
                        help_text="Begins with https:// and answers from the internet.",
                        max_length=500,
                        verbose_name="address",
                    ),
                ),
                ("kinds", models.JSONField(blank=True, default=list, verbose_name="events")),
                (
                    "secret",
                    leads.models.encrypted.EncryptedTextField(
                        editable=False, verbose_name="secret"
                    ),
                ),
                (
                    "previous_secret",
                    leads.models.encrypted.EncryptedTextField(blank=True, editable=False),
                ),
                (
                    "previous_secret_ends_at",
                    models.DateTimeField(blank=True, editable=False, null=True),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="switched on")),
                (
                    "disabled_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="switched off"
                    ),
                ),
                (
                    "disabled_reason",
                    models.CharField(
                        blank=True, editable=False, max_length=300, verbose_name="reason"
                    ),
                ),
                (
                    "failing_since",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="failing since"
                    ),
                ),
                ("resume_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "sender",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="created by"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("dealer", "name"), name="webhook_once_per_name")
                ],
            },
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="endpoint",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="integrations.webhookendpoint",
                verbose_name="webhook",
            ),
        ),
        migrations.CreateModel(
            name="WebsiteForm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        default=integrations.models.website_form.new_form_key,
                        editable=False,
                        max_length=40,
                        unique=True,
                        verbose_name="key",
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("is_active", models.BooleanField(default=True, verbose_name="switched on")),
                (
                    "source",
                    models.CharField(default="Website", max_length=80, verbose_name="source"),
                ),
                ("campaign", models.CharField(blank=True, max_length=200, verbose_name="campaign")),
                (
                    "allowed_origins",
                    models.JSONField(blank=True, default=list, verbose_name="allowed websites"),
                ),
                ("title", models.CharField(blank=True, max_length=120, verbose_name="heading")),
                (
                    "greeting",
                    models.TextField(blank=True, max_length=1000, verbose_name="greeting"),
                ),
                (
                    "shown_fields",
                    models.JSONField(
                        blank=True,
                        default=integrations.models.website_form.default_fields,
                        verbose_name="also asks for",
                    ),
                ),
                (
                    "required_fields",
                    models.JSONField(blank=True, default=list, verbose_name="must be filled in"),
                ),
                ("consents", models.JSONField(blank=True, default=list, verbose_name="consents")),
                ("wordings", models.JSONField(blank=True, default=list, editable=False)),
                (
                    "privacy_url",
                    models.URLField(
                        blank=True,
                        max_length=300,
                        validators=[django.core.validators.URLValidator(schemes=["http", "https"])],
                        verbose_name="privacy policy",
                    ),
                ),
                (
                    "imprint_url",
                    models.URLField(
                        blank=True,
                        max_length=300,
                        validators=[django.core.validators.URLValidator(schemes=["http", "https"])],
                        verbose_name="imprint",
                    ),
                ),
                (
                    "thank_you_text",
                    models.TextField(blank=True, max_length=1000, verbose_name="thanks"),
                ),
                (
                    "thank_you_url",
                    models.URLField(
                        blank=True,
                        help_text="Where visitors are sent afterwards; empty: to a page of ours.",
                        max_length=300,
                        validators=[django.core.validators.URLValidator(schemes=["https"])],
                        verbose_name="page of thanks",
                    ),
                ),
                (
                    "min_seconds",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="What is sent sooner is kept, but marked as suspected spam.",
                        validators=[django.core.validators.MaxValueValidator(60)],
                        verbose_name="shortest time to fill it in (s)",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        help_text="Used unless the website names another one.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.location",
                        verbose_name="location",
                    ),
                ),
            ],
            options={
                "verbose_name": "website form",
                "verbose_name_plural": "website forms",
                "ordering": ["dealer", "name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dealer", "name"), name="website_form_once_per_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FormDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("received", models.PositiveIntegerField(default=0, verbose_name="received")),
                ("spam", models.PositiveIntegerField(default=0, verbose_name="suspected spam")),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="integrations.websiteform",
                        verbose_name="website form",
                    ),
                ),
            ],
            options={
                "verbose_name": "day of a website form",
                "verbose_name_plural": "days of website forms",
                "ordering": ["-day"],
                "constraints": [
                    models.UniqueConstraint(fields=("form", "day"), name="form_day_once_per_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="FormAttempts",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("caller", models.CharField(max_length=64)),
                (
                    "span",
                    models.CharField(
                        choices=[("minute", "minute"), ("hour", "hour")], max_length=6
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("count", models.PositiveIntegerField(default=0)),
                (
                    "dealer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.websiteform",
                        verbose_name="website form",
                    ),
                ),
            ],
            options={
                "verbose_name": "attempts to send a website form",
                "verbose_name_plural": "attempts to send website forms",
                "indexes": [models.Index(fields=["starts_at"], name="form_attempts_by_start")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("form", "caller", "span", "starts_at"),
                        name="form_attempts_once_per_span",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "pending")),
                fields=["endpoint", "next_attempt_at"],
                name="webhook_delivery_due",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "pending")),
                fields=["endpoint", "subject", "event"],
                name="webhook_delivery_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("lease_until__isnull", False)),
                fields=["endpoint"],
                name="webhook_delivery_on_its_way",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                fields=["endpoint", "-created_at", "-id"], name="webhook_delivery_of_endpoint"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                fields=("event", "endpoint"), name="webhook_delivery_once_per_event"
            ),
        ),
    ]
