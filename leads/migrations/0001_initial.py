import django.contrib.auth.models
import django.contrib.auth.validators
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import leads.models.api_key
import leads.models.encrypted


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("django_tasks_database", "0021_conditional_partial_index_ordering"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dealer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, unique=True, verbose_name="name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "last_lead_number",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="last lead number"
                    ),
                ),
                ("last_event_position", models.PositiveBigIntegerField(default=0, editable=False)),
                (
                    "reopen_days",
                    models.PositiveSmallIntegerField(
                        default=30,
                        help_text="A customer who asks again within this time reopens the closed lead; 0: never.",
                        verbose_name="reopen closed leads for (days)",
                    ),
                ),
                (
                    "raw_days",
                    models.PositiveSmallIntegerField(
                        default=180,
                        help_text="After this the message itself is deleted; its outcome stays.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="keep messages as received for (days)",
                    ),
                ),
                (
                    "score_weights",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        editable=False,
                        verbose_name="weights of the score",
                    ),
                ),
            ],
            options={
                "verbose_name": "dealer",
                "verbose_name_plural": "dealers",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Schedule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("task_path", models.CharField(max_length=200, unique=True, verbose_name="task")),
                ("last_slot", models.DateTimeField(verbose_name="last time")),
            ],
            options={
                "verbose_name": "schedule",
                "verbose_name_plural": "schedules",
                "ordering": ["task_path"],
            },
        ),
        migrations.CreateModel(
            name="Worker",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64, unique=True, verbose_name="name")),
                ("machine", models.CharField(max_length=255, verbose_name="machine")),
                ("process_id", models.PositiveIntegerField(verbose_name="process")),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="started"
                    ),
                ),
                (
                    "seen_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="last seen",
                    ),
                ),
                ("trouble", models.CharField(blank=True, max_length=300, verbose_name="trouble")),
            ],
            options={
                "verbose_name": "background process",
                "verbose_name_plural": "background processes",
                "ordering": ["machine", "process_id"],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[],
            options={
                "verbose_name": "background job",
                "verbose_name_plural": "background jobs",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("django_tasks_database.dbtaskresult",),
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=150, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=150, verbose_name="last name"),
                ),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="email address"),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="date joined"
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "ordering": ["last_name", "first_name", "username"],
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("prefix", models.CharField(editable=False, max_length=8, unique=True)),
                ("hashed_key", models.CharField(editable=False, max_length=150)),
                ("created", models.DateTimeField(auto_now_add=True, db_index=True)),
                (
                    "name",
                    models.CharField(
                        default=None,
                        help_text="A free-form name for the API key. Need not be unique. 50 characters max.",
                        max_length=50,
                    ),
                ),
                (
                    "revoked",
                    models.BooleanField(
                        blank=True,
                        default=False,
                        help_text="If the API key is revoked, clients cannot use it anymore. (This cannot be undone.)",
                    ),
                ),
                (
                    "expiry_date",
                    models.DateTimeField(
                        blank=True,
                        help_text="Once API key expires, clients cannot use it anymore.",
                        null=True,
                        verbose_name="Expires",
                    ),
                ),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "system",
                    models.SlugField(
                        help_text="Short name of the outside system: website, crm … Keep it when you renew the key.",
                        max_length=40,
                        verbose_name="system",
                    ),
                ),
                (
                    "scopes",
                    models.JSONField(
                        default=leads.models.api_key.default_scopes, verbose_name="rights"
                    ),
                ),
                (
                    "rate_per_minute",
                    models.PositiveIntegerField(
                        default=600,
                        help_text="More are refused for the rest of the minute.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="requests per minute",
                    ),
                ),
                (
                    "creates_entries",
                    models.BooleanField(
                        default=True,
                        help_text="Otherwise they get the usual one and wait among the assignments.",
                        verbose_name="creates unknown sources and statuses",
                    ),
                ),
                (
                    "vorgang_always_real",
                    models.BooleanField(
                        default=False,
                        help_text="For systems that cannot send “?environment=PRODUCTION”. Otherwise a Vorgang without it is a test lead.",
                        verbose_name="every Vorgang is real business",
                    ),
                ),
                (
                    "vorgang_is_strict",
                    models.BooleanField(
                        default=False,
                        help_text="One without it is refused, as by Europace, and waits in quarantine.",
                        verbose_name="a flat Vorgang needs kundenbetreuer.partnerId",
                    ),
                ),
                ("form_token", models.CharField(blank=True, editable=False, max_length=32)),
                (
                    "last_used_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="last used"
                    ),
                ),
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
                    "renewed_from",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="renewals",
                        to="leads.apikey",
                        verbose_name="renewed from",
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
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
                "ordering": ("-created",),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("form_token", ""), _negated=True),
                        fields=("form_token",),
                        name="api_key_once_per_form",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ChangeBatch",
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
                            ("import", "import of a list"),
                            ("assign", "assigned"),
                            ("take", "taken over"),
                            ("status", "status changed"),
                            ("close", "closed"),
                            ("bin", "put into the bin"),
                            ("restore", "taken out of the bin"),
                            ("merge", "merged"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "list_kind",
                    models.CharField(
                        choices=[
                            ("leads", "leads"),
                            ("customers", "customers"),
                            ("vehicles", "vehicles"),
                            ("entries", "catalogue entries"),
                        ],
                        default="leads",
                        max_length=10,
                    ),
                ),
                ("what", models.CharField(blank=True, max_length=200, verbose_name="what")),
                ("at", models.DateTimeField(verbose_name="time")),
                ("created_count", models.PositiveIntegerField(default=0, verbose_name="created")),
                ("changed_count", models.PositiveIntegerField(default=0, verbose_name="changed")),
                (
                    "is_open",
                    models.BooleanField(
                        default=False, editable=False, verbose_name="still running"
                    ),
                ),
                (
                    "undo_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="can be undone until"),
                ),
                (
                    "undone_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="undone at"),
                ),
                ("undo_position", models.BigIntegerField(default=0, editable=False)),
                ("undo_vehicle_position", models.BigIntegerField(default=0, editable=False)),
                ("undo_chosen", models.JSONField(blank=True, default=list, editable=False)),
                ("undo_finished_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "taken_back_count",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="taken back"
                    ),
                ),
                (
                    "left_count",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="left"),
                ),
                ("undo_left", models.JSONField(blank=True, default=list, editable=False)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="undone by",
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
                "verbose_name": "bulk change",
                "verbose_name_plural": "bulk changes",
                "ordering": ["-at", "-pk"],
                "permissions": [
                    ("undo_changebatch", "Can undo bulk changes"),
                    ("undo_own_changebatch", "Can undo own bulk edits"),
                ],
                "indexes": [
                    models.Index(fields=["dealer", "-at", "-id"], name="changebatch_newest"),
                    models.Index(fields=["dealer", "by", "-at"], name="changebatch_by_user"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "salutation",
                    models.CharField(
                        blank=True,
                        choices=[("mr", "Mr"), ("ms", "Ms"), ("diverse", "diverse")],
                        max_length=10,
                        verbose_name="salutation",
                    ),
                ),
                (
                    "title",
                    models.CharField(blank=True, max_length=40, verbose_name="academic title"),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=100, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=100, verbose_name="last name"),
                ),
                ("company", models.CharField(blank=True, max_length=200, verbose_name="company")),
                ("email", models.CharField(blank=True, max_length=254, verbose_name="e-mail")),
                ("phone", models.CharField(blank=True, max_length=100, verbose_name="phone")),
                ("mobile", models.CharField(blank=True, max_length=100, verbose_name="mobile")),
                (
                    "street",
                    models.CharField(blank=True, max_length=200, verbose_name="street and number"),
                ),
                (
                    "postal_code",
                    models.CharField(blank=True, max_length=10, verbose_name="postal code"),
                ),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                (
                    "country",
                    models.CharField(
                        blank=True, default="DE", max_length=2, verbose_name="country"
                    ),
                ),
                ("email_key", models.CharField(blank=True, editable=False, max_length=254)),
                ("phone_key", models.CharField(blank=True, editable=False, max_length=20)),
                ("mobile_key", models.CharField(blank=True, editable=False, max_length=20)),
                ("name_key", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "external_number",
                    models.CharField(blank=True, max_length=64, verbose_name="number at the bank"),
                ),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("phonetic_key", models.CharField(blank=True, editable=False, max_length=60)),
                ("person_key", models.CharField(blank=True, editable=False, max_length=200)),
                ("company_key", models.CharField(blank=True, editable=False, max_length=200)),
                ("address_key", models.CharField(blank=True, editable=False, max_length=220)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "deleted_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="deleted"
                    ),
                ),
                (
                    "deleted_by",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="deleted by"
                    ),
                ),
                ("search_text", models.TextField(blank=True, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="merged_customers",
                        to="leads.customer",
                        verbose_name="merged into",
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
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
                "ordering": ["-created_at", "-pk"],
                "permissions": [
                    ("merge_customer", "Can merge customers"),
                    ("import_customer", "Can import customers"),
                    ("export_customer", "Can export customers"),
                ],
                "indexes": [
                    models.Index(fields=["dealer", "-created_at", "-id"], name="customer_newest"),
                    models.Index(
                        condition=models.Q(("email_key", ""), _negated=True),
                        fields=["dealer", "email_key", "-id"],
                        name="customer_email",
                    ),
                    models.Index(
                        condition=models.Q(("phone_key", ""), _negated=True),
                        fields=["dealer", "phone_key", "-id"],
                        name="customer_phone",
                    ),
                    models.Index(
                        condition=models.Q(("mobile_key", ""), _negated=True),
                        fields=["dealer", "mobile_key", "-id"],
                        name="customer_mobile",
                    ),
                    models.Index(
                        condition=models.Q(("name_key", ""), _negated=True),
                        fields=["dealer", "name_key", "-id"],
                        name="customer_name",
                    ),
                    models.Index(
                        condition=models.Q(("person_key", ""), _negated=True),
                        fields=["dealer", "person_key", "-id"],
                        name="customer_person",
                    ),
                    models.Index(
                        condition=models.Q(("phonetic_key", ""), _negated=True),
                        fields=["dealer", "phonetic_key", "postal_code", "-id"],
                        name="customer_phonetic",
                    ),
                    models.Index(
                        condition=models.Q(("company_key", ""), _negated=True),
                        fields=["dealer", "company_key", "-id"],
                        name="customer_company",
                    ),
                    models.Index(
                        condition=models.Q(("address_key", ""), _negated=True),
                        fields=["dealer", "address_key", "-id"],
                        name="customer_address",
                    ),
                    models.Index(
                        fields=["dealer", "-updated_at", "-id"], name="customer_by_change"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_number", ""), _negated=True),
                        fields=("dealer", "external_number"),
                        name="customer_once_per_external_number",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ColumnName",
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
                            ("leads", "leads"),
                            ("customers", "customers"),
                            ("vehicles", "vehicles"),
                            ("entries", "catalogue entries"),
                        ],
                        default="leads",
                        max_length=10,
                        verbose_name="list of",
                    ),
                ),
                ("written", models.CharField(max_length=200, verbose_name="header in the list")),
                ("key", models.CharField(editable=False, max_length=200)),
                ("column", models.CharField(max_length=40, verbose_name="column")),
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
                "verbose_name": "column name in lists",
                "verbose_name_plural": "column names in lists",
                "ordering": ["written"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dealer", "kind", "key"), name="column_name_once_per_dealer"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CloseReason",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("name_key", models.CharField(editable=False, max_length=160)),
                ("key", models.SlugField(blank=True, max_length=80, verbose_name="key")),
                (
                    "aliases",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Names used by partners and in Excel lists that mean this entry.",
                        verbose_name="other spellings",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(default=100, verbose_name="position"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "is_automatic",
                    models.BooleanField(
                        default=False,
                        help_text="Came in with a lead and has not been reviewed yet.",
                        verbose_name="created automatically",
                    ),
                ),
                (
                    "created_by",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="created by"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="created"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("won", "won"), ("lost", "lost"), ("invalid", "invalid")],
                        default="lost",
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "change_batch",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="leads.changebatch",
                        verbose_name="bulk change",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for all dealers.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
            ],
            options={
                "verbose_name": "close reason",
                "verbose_name_plural": "close reasons",
                "ordering": ["position", "name"],
                "default_permissions": ("add", "change", "delete", "view", "import", "export"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("dealer__isnull", False)),
                        fields=("dealer", "name_key"),
                        name="close_reason_once_per_dealer",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("dealer", None)),
                        fields=("name_key",),
                        name="close_reason_once_for_all",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Category",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("name_key", models.CharField(editable=False, max_length=160)),
                ("key", models.SlugField(blank=True, max_length=80, verbose_name="key")),
                (
                    "aliases",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Names used by partners and in Excel lists that mean this entry.",
                        verbose_name="other spellings",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(default=100, verbose_name="position"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "is_automatic",
                    models.BooleanField(
                        default=False,
                        help_text="Came in with a lead and has not been reviewed yet.",
                        verbose_name="created automatically",
                    ),
                ),
                (
                    "created_by",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="created by"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="created"
                    ),
                ),
                (
                    "change_batch",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="leads.changebatch",
                        verbose_name="bulk change",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for all dealers.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
            ],
            options={
                "verbose_name": "category",
                "verbose_name_plural": "categories",
                "ordering": ["position", "name"],
                "default_permissions": ("add", "change", "delete", "view", "import", "export"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("dealer__isnull", False)),
                        fields=("dealer", "name_key"),
                        name="category_once_per_dealer",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("dealer", None)),
                        fields=("name_key",),
                        name="category_once_for_all",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiUsage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("requests", models.PositiveIntegerField(default=0, verbose_name="requests")),
                ("errors", models.PositiveIntegerField(default=0, verbose_name="errors")),
                (
                    "refused",
                    models.PositiveIntegerField(
                        default=0, verbose_name="refused for too many requests"
                    ),
                ),
                ("minute", models.PositiveBigIntegerField(default=0)),
                ("in_minute", models.PositiveIntegerField(default=0)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage",
                        to="leads.apikey",
                        verbose_name="API key",
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
                "verbose_name": "API usage",
                "verbose_name_plural": "API usage",
                "ordering": ["-day"],
                "constraints": [
                    models.UniqueConstraint(fields=("key", "day"), name="api_usage_once_per_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoreWeights",
            fields=[],
            options={
                "verbose_name": "scoring",
                "verbose_name_plural": "scoring",
                "ordering": ["name"],
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("leads.dealer",),
        ),
        migrations.CreateModel(
            name="EntryChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("catalogue", models.CharField(editable=False, max_length=20)),
                ("entry_id", models.BigIntegerField(editable=False)),
                ("name", models.CharField(editable=False, max_length=120)),
                ("before", models.JSONField(editable=False, null=True)),
                ("after", models.JSONField(editable=False)),
                (
                    "change_batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.changebatch",
                        verbose_name="bulk change",
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
                "indexes": [
                    models.Index(fields=["change_batch", "id"], name="entrychange_of_batch")
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
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
                        ],
                        max_length=40,
                        verbose_name="kind",
                    ),
                ),
                ("lead_id", models.BigIntegerField(blank=True, null=True, verbose_name="lead")),
                (
                    "customer_id",
                    models.BigIntegerField(blank=True, null=True, verbose_name="customer"),
                ),
                ("data", models.JSONField(blank=True, default=dict, verbose_name="details")),
                ("at", models.DateTimeField(verbose_name="time")),
                ("sender", models.CharField(blank=True, max_length=80, verbose_name="sender")),
                (
                    "position",
                    models.PositiveBigIntegerField(blank=True, null=True, verbose_name="position"),
                ),
                ("is_fanned_out", models.BooleanField(default=False, editable=False)),
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
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("position", None)),
                        fields=["dealer", "id"],
                        name="event_unplaced",
                    ),
                    models.Index(
                        condition=models.Q(("is_fanned_out", False)),
                        fields=["id"],
                        name="event_to_send",
                    ),
                    models.Index(fields=["dealer", "lead_id"], name="event_of_lead"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dealer", "position"), name="event_once_per_position"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Export",
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
                            ("leads", "leads"),
                            ("customers", "customers"),
                            ("vehicles", "vehicles"),
                            ("entries", "catalogue entries"),
                        ],
                        default="leads",
                        max_length=10,
                        verbose_name="list of",
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[("page", "admin"), ("command", "command line")],
                        max_length=10,
                        verbose_name="started by",
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("xlsx", "Excel (.xlsx)"),
                            ("csv", "CSV for a German Excel (.csv)"),
                            ("csv-windows", "CSV for old programs, Windows-1252 (.csv)"),
                        ],
                        max_length=20,
                        verbose_name="format",
                    ),
                ),
                ("language", models.CharField(max_length=10)),
                ("columns", models.JSONField(default=list, verbose_name="columns")),
                (
                    "filters",
                    models.CharField(blank=True, max_length=300, verbose_name="filtered by"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "is being written"),
                            ("done", "done"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("total", models.PositiveIntegerField(verbose_name="rows")),
                ("written", models.PositiveIntegerField(default=0, verbose_name="rows written")),
                ("row_ids", models.BinaryField(null=True)),
                (
                    "file",
                    models.CharField(
                        blank=True, editable=False, max_length=100, verbose_name="file"
                    ),
                ),
                (
                    "size",
                    models.PositiveBigIntegerField(
                        blank=True, null=True, verbose_name="size (bytes)"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="exported")),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished"),
                ),
                (
                    "downloaded_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="downloaded"),
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
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="exported by",
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "ordering": ["-created_at", "-pk"],
                "indexes": [
                    models.Index(fields=["dealer", "-created_at", "-id"], name="export_newest")
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportTemplate",
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
                            ("leads", "leads"),
                            ("customers", "customers"),
                            ("vehicles", "vehicles"),
                            ("entries", "catalogue entries"),
                        ],
                        default="leads",
                        max_length=10,
                        verbose_name="list of",
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("columns", models.JSONField(default=list, verbose_name="columns")),
                (
                    "is_shared",
                    models.BooleanField(default=False, verbose_name="for all colleagues"),
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
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "export template",
                "verbose_name_plural": "export templates",
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dealer", "user", "kind", "name"),
                        name="export_template_once_per_name",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalCustomer",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "salutation",
                    models.CharField(
                        blank=True,
                        choices=[("mr", "Mr"), ("ms", "Ms"), ("diverse", "diverse")],
                        max_length=10,
                        verbose_name="salutation",
                    ),
                ),
                (
                    "title",
                    models.CharField(blank=True, max_length=40, verbose_name="academic title"),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=100, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=100, verbose_name="last name"),
                ),
                ("company", models.CharField(blank=True, max_length=200, verbose_name="company")),
                ("email", models.CharField(blank=True, max_length=254, verbose_name="e-mail")),
                ("phone", models.CharField(blank=True, max_length=100, verbose_name="phone")),
                ("mobile", models.CharField(blank=True, max_length=100, verbose_name="mobile")),
                (
                    "street",
                    models.CharField(blank=True, max_length=200, verbose_name="street and number"),
                ),
                (
                    "postal_code",
                    models.CharField(blank=True, max_length=10, verbose_name="postal code"),
                ),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                (
                    "country",
                    models.CharField(
                        blank=True, default="DE", max_length=2, verbose_name="country"
                    ),
                ),
                ("email_key", models.CharField(blank=True, editable=False, max_length=254)),
                ("phone_key", models.CharField(blank=True, editable=False, max_length=20)),
                ("mobile_key", models.CharField(blank=True, editable=False, max_length=20)),
                ("name_key", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "external_number",
                    models.CharField(blank=True, max_length=64, verbose_name="number at the bank"),
                ),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("phonetic_key", models.CharField(blank=True, editable=False, max_length=60)),
                ("person_key", models.CharField(blank=True, editable=False, max_length=200)),
                ("company_key", models.CharField(blank=True, editable=False, max_length=200)),
                ("address_key", models.CharField(blank=True, editable=False, max_length=220)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "deleted_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="deleted"
                    ),
                ),
                (
                    "deleted_by",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="deleted by"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(blank=True, editable=False, verbose_name="created"),
                ),
                (
                    "updated_at",
                    models.DateTimeField(blank=True, editable=False, verbose_name="changed"),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "change_batch",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.changebatch",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.customer",
                        verbose_name="merged into",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical customer",
                "verbose_name_plural": "historical customers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("change_batch", None), _negated=True),
                        fields=["change_batch", "id"],
                        name="customer_history_of_batch",
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="IdempotencyRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sender", models.CharField(max_length=80)),
                (
                    "key",
                    models.CharField(
                        max_length=200,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[\\x21-\\x7e]+$", "Printable ASCII only."
                            )
                        ],
                    ),
                ),
                ("request_hash", models.CharField(max_length=64)),
                ("status_code", models.PositiveSmallIntegerField()),
                ("body", leads.models.encrypted.EncryptedTextField()),
                ("created_at", models.DateTimeField(db_index=True)),
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
                "verbose_name": "idempotency record",
                "verbose_name_plural": "idempotency records",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dealer", "sender", "key"), name="idempotency_once_per_key"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportTemplate",
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
                            ("leads", "leads"),
                            ("customers", "customers"),
                            ("vehicles", "vehicles"),
                            ("entries", "catalogue entries"),
                        ],
                        default="leads",
                        max_length=10,
                        verbose_name="list of",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=80, verbose_name="name")),
                ("fingerprint", models.CharField(blank=True, editable=False, max_length=64)),
                ("columns", models.JSONField(default=dict, verbose_name="columns")),
                ("fixed", models.JSONField(blank=True, default=dict, verbose_name="fixed values")),
                ("choice", models.JSONField(blank=True, default=dict)),
                (
                    "on_existing",
                    models.CharField(
                        choices=[
                            ("update", "change what the list says differently"),
                            ("fill", "fill in what is empty, change nothing"),
                            ("skip", "leave it as it is"),
                            ("new", "always create anew"),
                        ],
                        default="update",
                        max_length=10,
                        verbose_name="what is here already",
                    ),
                ),
                ("changed_at", models.DateTimeField(verbose_name="changed")),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="changed by",
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
                "verbose_name": "import template",
                "verbose_name_plural": "import templates",
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        fields=("dealer", "kind", "name"),
                        name="import_template_once_per_name",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("name", "")),
                        fields=("dealer", "kind", "fingerprint"),
                        name="import_memory_once_per_headers",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Lead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "salutation",
                    models.CharField(
                        blank=True,
                        choices=[("mr", "Mr"), ("ms", "Ms"), ("diverse", "diverse")],
                        max_length=10,
                        verbose_name="salutation",
                    ),
                ),
                (
                    "title",
                    models.CharField(blank=True, max_length=40, verbose_name="academic title"),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=100, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=100, verbose_name="last name"),
                ),
                ("company", models.CharField(blank=True, max_length=200, verbose_name="company")),
                ("email", models.CharField(blank=True, max_length=254, verbose_name="e-mail")),
                ("phone", models.CharField(blank=True, max_length=100, verbose_name="phone")),
                ("mobile", models.CharField(blank=True, max_length=100, verbose_name="mobile")),
                (
                    "street",
                    models.CharField(blank=True, max_length=200, verbose_name="street and number"),
                ),
                (
                    "postal_code",
                    models.CharField(blank=True, max_length=10, verbose_name="postal code"),
                ),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                (
                    "country",
                    models.CharField(
                        blank=True, default="DE", max_length=2, verbose_name="country"
                    ),
                ),
                ("email_key", models.CharField(blank=True, editable=False, max_length=254)),
                ("phone_key", models.CharField(blank=True, editable=False, max_length=20)),
                ("mobile_key", models.CharField(blank=True, editable=False, max_length=20)),
                ("name_key", models.CharField(blank=True, editable=False, max_length=200)),
                ("number", models.CharField(editable=False, max_length=20, verbose_name="number")),
                (
                    "sender",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="sender"
                    ),
                ),
                (
                    "external_id",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="number at the sender"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "lead_type_raw",
                    models.CharField(
                        blank=True, max_length=40, verbose_name="lead type as received"
                    ),
                ),
                ("lead_type_family", models.CharField(blank=True, editable=False, max_length=4)),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                ("message", models.TextField(blank=True, verbose_name="message")),
                (
                    "urgency",
                    models.CharField(
                        choices=[
                            ("low", "low"),
                            ("normal", "normal"),
                            ("high", "high"),
                            ("immediate", "immediate"),
                        ],
                        default="normal",
                        max_length=10,
                        verbose_name="urgency",
                    ),
                ),
                (
                    "expected_value",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=11,
                        null=True,
                        verbose_name="expected value (EUR)",
                    ),
                ),
                (
                    "probability",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="probability (%)"
                    ),
                ),
                (
                    "budget_from",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=11,
                        null=True,
                        verbose_name="budget from (EUR)",
                    ),
                ),
                (
                    "budget_to",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=11,
                        null=True,
                        verbose_name="budget to (EUR)",
                    ),
                ),
                (
                    "expected_close_on",
                    models.DateField(blank=True, null=True, verbose_name="expected close"),
                ),
                (
                    "desired_start_on",
                    models.DateField(blank=True, null=True, verbose_name="desired delivery"),
                ),
                (
                    "follow_up_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="follow-up"),
                ),
                ("campaign", models.CharField(blank=True, max_length=200, verbose_name="campaign")),
                (
                    "preferred_channel",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("phone", "phone"),
                            ("email", "e-mail"),
                            ("whatsapp", "WhatsApp"),
                            ("post", "post"),
                        ],
                        max_length=10,
                        verbose_name="preferred contact",
                    ),
                ),
                (
                    "preferred_time",
                    models.CharField(blank=True, max_length=100, verbose_name="preferred time"),
                ),
                (
                    "test_drive_wished",
                    models.BooleanField(default=False, verbose_name="test drive wished"),
                ),
                (
                    "test_drive_on",
                    models.DateField(blank=True, null=True, verbose_name="test drive on"),
                ),
                (
                    "test_drive_time",
                    models.CharField(blank=True, max_length=20, verbose_name="test drive at"),
                ),
                (
                    "callback_wished",
                    models.BooleanField(default=False, verbose_name="callback wished"),
                ),
                (
                    "callback_from",
                    models.DateTimeField(blank=True, null=True, verbose_name="callback from"),
                ),
                (
                    "callback_to",
                    models.DateTimeField(blank=True, null=True, verbose_name="callback until"),
                ),
                (
                    "trade_in_wished",
                    models.BooleanField(default=False, verbose_name="trade-in wished"),
                ),
                (
                    "reservation_hint",
                    models.BooleanField(default=False, verbose_name="reservation"),
                ),
                (
                    "customer_kind",
                    models.CharField(
                        blank=True,
                        choices=[("new", "new customer"), ("existing", "existing customer")],
                        max_length=10,
                        verbose_name="kind of customer",
                    ),
                ),
                (
                    "precheck",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("none", "explicitly none"),
                            ("performed", "performed, result unknown"),
                            ("positive", "positive"),
                            ("negative", "negative"),
                        ],
                        max_length=10,
                        verbose_name="credit pre-check",
                    ),
                ),
                (
                    "finance_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cash", "cash purchase"),
                            ("finance", "financing"),
                            ("leasing", "leasing"),
                        ],
                        max_length=10,
                        verbose_name="payment",
                    ),
                ),
                (
                    "finance_interest",
                    models.BooleanField(
                        blank=True, null=True, verbose_name="interested in financing"
                    ),
                ),
                (
                    "down_payment",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=11,
                        null=True,
                        verbose_name="down payment (EUR)",
                    ),
                ),
                (
                    "term_months",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="term (months)"
                    ),
                ),
                (
                    "annual_mileage_km",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="mileage per year (km)"
                    ),
                ),
                (
                    "final_payment",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=11,
                        null=True,
                        verbose_name="final payment (EUR)",
                    ),
                ),
                (
                    "monthly_rate",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=9,
                        null=True,
                        verbose_name="monthly rate (EUR)",
                    ),
                ),
                (
                    "effective_rate",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                        verbose_name="effective rate (%)",
                    ),
                ),
                (
                    "contract_expiring",
                    models.BooleanField(default=False, verbose_name="contract expiring"),
                ),
                (
                    "contract_number",
                    models.CharField(blank=True, max_length=64, verbose_name="contract number"),
                ),
                (
                    "contract_ends_on",
                    models.DateField(blank=True, null=True, verbose_name="contract ends"),
                ),
                (
                    "vehicle_name",
                    models.CharField(blank=True, max_length=300, verbose_name="vehicle as named"),
                ),
                (
                    "vehicle_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=10,
                        null=True,
                        verbose_name="vehicle price (EUR)",
                    ),
                ),
                (
                    "offer_number",
                    models.CharField(blank=True, max_length=64, verbose_name="offer number"),
                ),
                ("consents", models.JSONField(blank=True, default=list, verbose_name="consents")),
                (
                    "custom_values",
                    models.JSONField(blank=True, default=dict, verbose_name="further values"),
                ),
                (
                    "warnings",
                    models.JSONField(
                        blank=True, default=list, editable=False, verbose_name="warnings"
                    ),
                ),
                ("is_test", models.BooleanField(default=False, verbose_name="test lead")),
                ("is_spam", models.BooleanField(default=False, verbose_name="suspected spam")),
                ("staff_values", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "score",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, verbose_name="score"
                    ),
                ),
                (
                    "enquired_at",
                    models.DateTimeField(
                        help_text="When the customer asked, as the sender says.",
                        verbose_name="enquired",
                    ),
                ),
                (
                    "received_at",
                    models.DateTimeField(
                        help_text="When it arrived in this office.", verbose_name="received"
                    ),
                ),
                (
                    "enquiry_count",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="enquiries"
                    ),
                ),
                (
                    "last_enquired_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="last enquiry"
                    ),
                ),
                (
                    "last_activity_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="last activity"
                    ),
                ),
                (
                    "first_response_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="first response"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "deleted_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="deleted"
                    ),
                ),
                (
                    "deleted_by",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="deleted by"
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                ("search_text", models.TextField(blank=True, editable=False)),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="leads.category",
                        verbose_name="category",
                    ),
                ),
                (
                    "close_reason",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="leads.closereason",
                        verbose_name="close reason",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="leads.customer",
                        verbose_name="customer",
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
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="merged_leads",
                        to="leads.lead",
                        verbose_name="merged into",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "lead",
                "verbose_name_plural": "leads",
                "ordering": ["-received_at", "-pk"],
                "permissions": [
                    ("view_creditworthiness", "Can see results of credit pre-checks"),
                    ("export_lead", "Can export leads"),
                    ("import_lead", "Can import leads"),
                    ("assign_lead", "Can assign leads to others"),
                    ("merge_lead", "Can merge leads"),
                ],
                "indexes": [
                    models.Index(fields=["dealer", "-received_at", "-id"], name="lead_newest"),
                    models.Index(fields=["dealer", "owner", "-received_at"], name="lead_by_owner"),
                    models.Index(fields=["dealer", "-score", "-id"], name="lead_by_score"),
                    models.Index(fields=["dealer", "follow_up_at"], name="lead_by_follow_up"),
                    models.Index(fields=["dealer", "-updated_at", "-id"], name="lead_by_change"),
                    models.Index(fields=["customer", "-received_at"], name="lead_of_customer"),
                    models.Index(
                        condition=models.Q(("deleted_at", None), _negated=True),
                        fields=["dealer", "-deleted_at"],
                        name="lead_deleted",
                    ),
                    models.Index(
                        condition=models.Q(("closed_at", None)),
                        fields=["dealer", "owner"],
                        name="lead_open_by_owner",
                    ),
                    models.Index(
                        condition=models.Q(("closed_at", None)),
                        fields=["dealer", "follow_up_at"],
                        name="lead_open_by_due",
                    ),
                    models.Index(
                        condition=models.Q(("closed_at", None), ("first_response_at", None)),
                        fields=["dealer", "enquired_at"],
                        name="lead_unanswered",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dealer", "number"), name="lead_once_per_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("probability", None), ("probability__lte", 100), _connector="OR"
                        ),
                        name="lead_probability_is_percent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("score__lte", 100)), name="lead_score_up_to_100"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IntakeEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("api", "API"),
                            ("bdk", "BDK Leadservice"),
                            ("form", "website form"),
                            ("google_ads", "Google Ads"),
                            ("meta", "Meta Lead Ads"),
                            ("adf", "ADF/XML"),
                            ("mail", "e-mail"),
                            ("drklein", "Dr. Klein Vorgang"),
                            ("excel", "Excel"),
                            ("manual", "entered by hand"),
                        ],
                        max_length=20,
                        verbose_name="channel",
                    ),
                ),
                ("sender", models.CharField(max_length=80, verbose_name="sender")),
                ("message_id", models.CharField(max_length=200, verbose_name="message")),
                (
                    "outside_id",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="number at the sender"
                    ),
                ),
                (
                    "idempotency_key",
                    models.CharField(blank=True, max_length=200, verbose_name="idempotency key"),
                ),
                ("content_hash", models.CharField(editable=False, max_length=64)),
                (
                    "raw",
                    leads.models.encrypted.EncryptedTextField(
                        editable=False, verbose_name="as received"
                    ),
                ),
                (
                    "corrected",
                    leads.models.encrypted.EncryptedTextField(
                        blank=True, editable=False, verbose_name="as corrected"
                    ),
                ),
                (
                    "corrected_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="corrected"
                    ),
                ),
                (
                    "raw_deleted_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="message deleted"
                    ),
                ),
                (
                    "is_change",
                    models.BooleanField(
                        default=False, editable=False, verbose_name="change of a lead"
                    ),
                ),
                ("received_at", models.DateTimeField(verbose_name="received")),
                ("last_received_at", models.DateTimeField(verbose_name="last received")),
                (
                    "times_received",
                    models.PositiveIntegerField(default=1, verbose_name="times received"),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("created", "created"),
                            ("updated", "updated"),
                            ("attached", "added to an open lead"),
                            ("repeated", "repeated, nothing new"),
                            ("conflict", "conflict"),
                            ("ignored", "ignored, older version"),
                            ("quarantined", "quarantined"),
                            ("rejected", "rejected"),
                            ("set_aside", "set aside"),
                            ("undone", "undone"),
                        ],
                        max_length=20,
                        verbose_name="outcome",
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                (
                    "parser",
                    models.CharField(
                        blank=True, editable=False, max_length=40, verbose_name="read by"
                    ),
                ),
                (
                    "processed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="processed"),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                (
                    "corrected_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="corrected by",
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
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="intake_entries",
                        to="leads.lead",
                        verbose_name="lead",
                    ),
                ),
            ],
            options={
                "verbose_name": "intake entry",
                "verbose_name_plural": "intake ledger",
                "ordering": ["-received_at", "-pk"],
                "permissions": [
                    ("view_raw", "Can see messages as received"),
                    ("replay_intakeentry", "Can process messages again"),
                ],
                "indexes": [
                    models.Index(fields=["dealer", "-received_at", "-id"], name="intake_newest"),
                    models.Index(
                        fields=["dealer", "outcome", "-received_at"], name="intake_by_outcome"
                    ),
                    models.Index(
                        fields=["dealer", "sender", "outside_id"], name="intake_by_outside_id"
                    ),
                    models.Index(
                        condition=models.Q(("outcome", "")),
                        fields=["sender", "id"],
                        name="intake_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("raw_deleted_at", None)),
                        fields=["dealer", "received_at"],
                        name="intake_with_raw",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dealer", "sender", "message_id"),
                        name="intake_entry_once_per_message",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EnquiryChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("enquiry_id", models.BigIntegerField(editable=False)),
                ("values", models.JSONField(editable=False)),
                (
                    "change_batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.changebatch",
                        verbose_name="bulk change",
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.lead",
                        verbose_name="lead",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["change_batch", "lead"], name="enquirychange_of_batch")
                ],
            },
        ),
        migrations.CreateModel(
            name="Activity",
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
                            ("updated", "Updated by the sender"),
                            ("conflict", "Conflicting content received"),
                            ("note", "Note"),
                            ("call", "Call"),
                            ("mail", "E-mail"),
                            ("mail_received", "E-mail received"),
                            ("appointment", "Appointment"),
                            ("status_changed", "Status changed"),
                            ("assigned", "Assigned"),
                            ("closed", "Closed"),
                            ("reopened", "Reopened"),
                            ("changed", "Changed"),
                            ("merged", "Merged"),
                            ("deleted", "Deleted"),
                            ("restored", "Restored"),
                            ("forwarded", "Handed over"),
                        ],
                        default="note",
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
                ("text", models.TextField(blank=True, verbose_name="text")),
                (
                    "sender",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="sender"
                    ),
                ),
                ("data", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activities",
                        to="leads.lead",
                        verbose_name="lead",
                    ),
                ),
            ],
            options={
                "verbose_name": "activity",
                "verbose_name_plural": "activities",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["lead", "-at", "-id"], name="activity_timeline"),
                    models.Index(fields=["dealer", "-at"], name="activity_newest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LeadType",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=20, verbose_name="id")),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                (
                    "public_title",
                    models.CharField(
                        help_text="Shown to those who may not see results of credit pre-checks.",
                        max_length=120,
                        verbose_name="title without creditworthiness",
                    ),
                ),
                (
                    "description",
                    models.CharField(blank=True, max_length=300, verbose_name="description"),
                ),
                (
                    "sender",
                    models.CharField(blank=True, max_length=120, verbose_name="sender of the mail"),
                ),
                ("family", models.CharField(blank=True, max_length=4, verbose_name="family")),
                ("channel", models.CharField(blank=True, max_length=40, verbose_name="channel")),
                ("origin", models.CharField(blank=True, max_length=40, verbose_name="origin")),
                (
                    "test_drive_wished",
                    models.BooleanField(default=False, verbose_name="test drive wished"),
                ),
                (
                    "callback_wished",
                    models.BooleanField(default=False, verbose_name="callback wished"),
                ),
                (
                    "reservation_hint",
                    models.BooleanField(default=False, verbose_name="reservation"),
                ),
                (
                    "precheck",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("none", "explicitly none"),
                            ("performed", "performed, result unknown"),
                            ("positive", "positive"),
                            ("negative", "negative"),
                        ],
                        max_length=10,
                        verbose_name="credit pre-check",
                    ),
                ),
                (
                    "finance_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cash", "cash purchase"),
                            ("finance", "financing"),
                            ("leasing", "leasing"),
                        ],
                        max_length=10,
                        verbose_name="payment",
                    ),
                ),
                (
                    "finance_interest",
                    models.BooleanField(
                        blank=True, null=True, verbose_name="interested in financing"
                    ),
                ),
                (
                    "customer_kind",
                    models.CharField(
                        blank=True,
                        choices=[("new", "new customer"), ("existing", "existing customer")],
                        max_length=10,
                        verbose_name="kind of customer",
                    ),
                ),
                (
                    "contract_expiring",
                    models.BooleanField(
                        default=False,
                        help_text="A retention task: the customer did not ask for anything.",
                        verbose_name="contract expiring",
                    ),
                ),
                (
                    "vehicle_kind",
                    models.CharField(blank=True, max_length=20, verbose_name="kind of vehicle"),
                ),
                (
                    "suggested_urgency",
                    models.CharField(
                        choices=[
                            ("low", "low"),
                            ("normal", "normal"),
                            ("high", "high"),
                            ("immediate", "immediate"),
                        ],
                        default="normal",
                        max_length=10,
                        verbose_name="urgency",
                    ),
                ),
                (
                    "first_response_minutes",
                    models.PositiveIntegerField(
                        default=120, verbose_name="first response within (minutes)"
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                (
                    "aliases",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Names used by partners and in Excel lists that mean this lead type.",
                        verbose_name="other spellings",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "dealer",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for all dealers.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
            ],
            options={
                "verbose_name": "lead type",
                "verbose_name_plural": "lead types",
                "ordering": ["key"],
                "default_permissions": ("add", "change", "delete", "view", "import", "export"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("dealer__isnull", False)),
                        fields=("dealer", "key"),
                        name="lead_type_once_per_dealer",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("dealer", None)),
                        fields=("key",),
                        name="lead_type_once_for_all",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="lead",
            name="lead_type",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="leads.leadtype",
                verbose_name="lead type",
            ),
        ),
        migrations.CreateModel(
            name="ListImport",
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
                            ("leads", "leads"),
                            ("customers", "customers"),
                            ("vehicles", "vehicles"),
                            ("entries", "catalogue entries"),
                        ],
                        default="leads",
                        max_length=10,
                        verbose_name="list of",
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[("page", "admin"), ("command", "command line")],
                        default="page",
                        max_length=10,
                        verbose_name="started by",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reading", "is being read"),
                            ("unreadable", "cannot be read"),
                            ("mapping", "columns"),
                            ("checking", "is being checked"),
                            ("ready", "ready for import"),
                            ("running", "is being imported"),
                            ("paused", "paused"),
                            ("done", "imported"),
                            ("cancelled", "cancelled"),
                        ],
                        default="reading",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("language", models.CharField(max_length=10)),
                ("created_at", models.DateTimeField(verbose_name="uploaded")),
                ("touched_at", models.DateTimeField(verbose_name="last step")),
                (
                    "rows_deleted_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="rows deleted"),
                ),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("file", models.CharField(blank=True, editable=False, max_length=100)),
                ("size", models.PositiveBigIntegerField(default=0, verbose_name="size (bytes)")),
                ("digest", models.CharField(blank=True, editable=False, max_length=64)),
                ("choice", models.JSONField(blank=True, default=dict, editable=False)),
                ("info", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "headers",
                    models.JSONField(
                        blank=True, default=list, editable=False, verbose_name="headers"
                    ),
                ),
                ("fingerprint", models.CharField(blank=True, editable=False, max_length=64)),
                ("trouble", models.TextField(blank=True, verbose_name="what went wrong")),
                ("mapping", models.JSONField(blank=True, default=dict, editable=False)),
                ("found_values", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "on_existing",
                    models.CharField(
                        choices=[
                            ("update", "change what the list says differently"),
                            ("fill", "fill in what is empty, change nothing"),
                            ("skip", "leave it as it is"),
                            ("new", "always create anew"),
                        ],
                        default="update",
                        max_length=10,
                        verbose_name="what is here already",
                    ),
                ),
                (
                    "takes_duplicates",
                    models.BooleanField(
                        default=False, verbose_name="import duplicates within the list as well"
                    ),
                ),
                (
                    "takes_conflicts",
                    models.BooleanField(
                        default=False, verbose_name="where both have changed, the list wins"
                    ),
                ),
                (
                    "accepts_vanishing",
                    models.BooleanField(default=False, verbose_name="many vehicles may be gone"),
                ),
                ("row_count", models.PositiveIntegerField(default=0, verbose_name="rows")),
                ("checked_count", models.PositiveIntegerField(default=0, editable=False)),
                ("done_count", models.PositiveIntegerField(default=0, verbose_name="rows done")),
                ("step_started_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("step_started_with", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished"),
                ),
                (
                    "outcomes",
                    models.JSONField(
                        blank=True, default=dict, editable=False, verbose_name="outcome"
                    ),
                ),
                ("workbooks", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "change_batch",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="list_import",
                        to="leads.changebatch",
                        verbose_name="bulk change",
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
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="imported by",
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "ordering": ["-created_at", "-pk"],
                "indexes": [
                    models.Index(fields=["dealer", "-created_at", "-id"], name="import_newest"),
                    models.Index(fields=["dealer", "digest"], name="import_by_digest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="row")),
                ("cells", models.JSONField(default=list)),
                ("corrected", models.JSONField(blank=True, default=dict)),
                (
                    "plan",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("new", "new"),
                            ("changed", "changed"),
                            ("unchanged", "unchanged"),
                            ("total", "no entry"),
                            ("bad", "error"),
                        ],
                        max_length=10,
                        verbose_name="expected",
                    ),
                ),
                ("identity", models.CharField(blank=True, max_length=40)),
                ("likeness", models.CharField(blank=True, max_length=40)),
                (
                    "duplicate_of",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="same as row"),
                ),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("update", "change what the list says differently"),
                            ("fill", "fill in what is empty, change nothing"),
                            ("skip", "leave it as it is"),
                            ("new", "always create anew"),
                        ],
                        max_length=10,
                    ),
                ),
                ("notes", models.JSONField(blank=True, default=dict)),
                ("has_conflict", models.BooleanField(default=False, editable=False)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("created", "created"),
                            ("updated", "changed"),
                            ("unchanged", "unchanged"),
                            ("skipped", "skipped"),
                            ("bad", "not imported"),
                        ],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "reference",
                    models.CharField(blank=True, max_length=20, verbose_name="number here"),
                ),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
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
                    "list_import",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="leads.listimport",
                    ),
                ),
            ],
            options={
                "verbose_name": "row of a list",
                "verbose_name_plural": "rows of lists",
                "ordering": ["number"],
                "indexes": [
                    models.Index(fields=["list_import", "plan", "number"], name="row_by_plan"),
                    models.Index(
                        fields=["list_import", "outcome", "number"], name="row_by_outcome"
                    ),
                    models.Index(
                        condition=models.Q(("duplicate_of", None), _negated=True),
                        fields=["list_import", "number"],
                        name="row_duplicates",
                    ),
                    models.Index(
                        condition=models.Q(("has_conflict", True)),
                        fields=["list_import", "number"],
                        name="row_conflicts",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("list_import", "number"), name="row_once_per_import"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ListValue",
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
                            ("leads", "leads"),
                            ("customers", "customers"),
                            ("vehicles", "vehicles"),
                            ("entries", "catalogue entries"),
                        ],
                        default="leads",
                        max_length=10,
                        verbose_name="list of",
                    ),
                ),
                ("column", models.CharField(max_length=40, verbose_name="column")),
                ("key", models.CharField(editable=False, max_length=200)),
                ("written", models.CharField(max_length=200, verbose_name="in the list")),
                ("meaning", models.CharField(blank=True, max_length=200, verbose_name="means")),
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
                "verbose_name": "value in lists",
                "verbose_name_plural": "values in lists",
                "ordering": ["column", "written"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dealer", "kind", "column", "key"),
                        name="list_value_once_per_column",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Location",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "street",
                    models.CharField(blank=True, max_length=200, verbose_name="street and number"),
                ),
                (
                    "postal_code",
                    models.CharField(blank=True, max_length=10, verbose_name="postal code"),
                ),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("BW", "Baden-Württemberg"),
                            ("BY", "Bayern"),
                            ("BE", "Berlin"),
                            ("BB", "Brandenburg"),
                            ("HB", "Bremen"),
                            ("HH", "Hamburg"),
                            ("HE", "Hessen"),
                            ("MV", "Mecklenburg-Vorpommern"),
                            ("NI", "Niedersachsen"),
                            ("NW", "Nordrhein-Westfalen"),
                            ("RP", "Rheinland-Pfalz"),
                            ("SL", "Saarland"),
                            ("SN", "Sachsen"),
                            ("ST", "Sachsen-Anhalt"),
                            ("SH", "Schleswig-Holstein"),
                            ("TH", "Thüringen"),
                        ],
                        max_length=2,
                        verbose_name="federal state",
                    ),
                ),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                (
                    "bdk_partner_number",
                    models.CharField(
                        blank=True,
                        help_text="As shown in the BDK dealer portal, with leading zeros.",
                        max_length=20,
                        verbose_name="BDK partner number",
                    ),
                ),
                (
                    "automanager_code",
                    models.CharField(
                        blank=True,
                        help_text="The short name of the location in Automanager.",
                        max_length=40,
                        verbose_name="Automanager code",
                    ),
                ),
                (
                    "aliases",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Names used by partners and in Excel lists that mean this location.",
                        verbose_name="other spellings",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "closed_on_eves",
                    models.BooleanField(
                        default=True,
                        help_text="Switched off, both are days like any other.",
                        verbose_name="closed on 24 and 31 December",
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
                "verbose_name": "location",
                "verbose_name_plural": "locations",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dealer", "name"), name="location_once_per_dealer"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("bdk_partner_number", ""), _negated=True),
                        fields=("bdk_partner_number",),
                        name="location_once_per_bdk_partner_number",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("automanager_code", ""), _negated=True),
                        fields=("dealer", "automanager_code"),
                        name="location_once_per_automanager_code",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="lead",
            name="location",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="leads.location",
                verbose_name="location",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalVehicle",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "internal_number",
                    models.CharField(blank=True, max_length=40, verbose_name="own number"),
                ),
                ("vin", models.CharField(blank=True, max_length=17, verbose_name="VIN")),
                ("make", models.CharField(blank=True, max_length=60, verbose_name="make")),
                ("model", models.CharField(blank=True, max_length=100, verbose_name="model")),
                ("variant", models.CharField(blank=True, max_length=150, verbose_name="variant")),
                (
                    "condition",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("new", "new"),
                            ("used", "used"),
                            ("demo", "demonstration car"),
                            ("pre_registered", "one-day registration"),
                        ],
                        max_length=20,
                        verbose_name="condition",
                    ),
                ),
                (
                    "first_registration",
                    models.CharField(
                        blank=True,
                        help_text="Year and month: 2024-05",
                        max_length=7,
                        verbose_name="first registration",
                    ),
                ),
                (
                    "mileage_km",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="mileage (km)"),
                ),
                (
                    "power_kw",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="power (kW)"
                    ),
                ),
                ("fuel", models.CharField(blank=True, max_length=40, verbose_name="fuel")),
                (
                    "price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=10,
                        null=True,
                        verbose_name="price (EUR)",
                    ),
                ),
                ("url", models.URLField(blank=True, max_length=500, verbose_name="listing")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("unknown", "only known from a lead"),
                            ("in_stock", "in stock"),
                            ("reserved", "reserved"),
                            ("sold", "sold"),
                            ("gone", "no longer in stock"),
                        ],
                        default="in_stock",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "stock_source",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="stock list"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(blank=True, editable=False, verbose_name="created"),
                ),
                (
                    "updated_at",
                    models.DateTimeField(blank=True, editable=False, verbose_name="changed"),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "change_batch",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.changebatch",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.location",
                        verbose_name="location",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical vehicle",
                "verbose_name_plural": "historical vehicles",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("change_batch", None), _negated=True),
                        fields=["change_batch", "id"],
                        name="vehicle_history_of_batch",
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ClosedDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_on", models.DateField(verbose_name="from")),
                (
                    "last_on",
                    models.DateField(
                        blank=True, help_text="Empty: this day only.", verbose_name="until"
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="closed_days",
                        to="leads.location",
                        verbose_name="location",
                    ),
                ),
            ],
            options={
                "verbose_name": "closed day",
                "verbose_name_plural": "closed days",
                "ordering": ["first_on", "pk"],
                "indexes": [
                    models.Index(fields=["location", "last_on"], name="closed_day_of_location")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_on__gte", models.F("first_on"))),
                        name="closed_day_ends_after_it_begins",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MatchSuggestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("same_email_several", "same e-mail"),
                            ("same_phone", "same phone, similar name"),
                            ("same_phone_other_name", "same phone, other name"),
                            ("same_shared_mailbox", "same shared mailbox"),
                            ("same_name_and_address", "same name and address"),
                            ("same_household", "same household"),
                            ("same_company", "same company"),
                            ("names_swapped", "first and last name swapped"),
                            ("similar_name_and_place", "name sounds alike, same place"),
                            ("same_name", "same name"),
                            ("by_hand", "compared by hand"),
                        ],
                        max_length=30,
                        verbose_name="reason",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("different", "are different"), ("merged", "merged")],
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                (
                    "candidate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.customer",
                        verbose_name="may be the same as",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suggestions",
                        to="leads.customer",
                        verbose_name="customer",
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
            ],
            options={
                "verbose_name": "possible duplicate",
                "verbose_name_plural": "possible duplicates",
                "ordering": ["-created_at", "-pk"],
                "indexes": [
                    models.Index(fields=["dealer", "-created_at"], name="suggestion_newest"),
                    models.Index(
                        condition=models.Q(("decision", "")),
                        fields=["dealer", "-created_at"],
                        name="suggestion_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer", "candidate"), name="suggestion_once_per_pair"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("customer", models.F("candidate")), _negated=True),
                        name="suggestion_of_two_customers",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("seller", "seller"),
                            ("manager", "sales manager"),
                            ("administrator", "administrator"),
                            ("auditor", "auditor"),
                        ],
                        default="seller",
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                (
                    "sees_creditworthiness",
                    models.BooleanField(
                        default=False,
                        help_text="Results of credit pre-checks; only for those who need them for their work.",
                        verbose_name="sees creditworthiness",
                    ),
                ),
                (
                    "told_of_findings_from",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (None, "no mails"),
                            (10, "info"),
                            (20, "warning"),
                            (30, "error"),
                            (40, "critical"),
                        ],
                        help_text="From which severity on. Mails come inside opening hours, about locked interfaces at any time; each finding is told once.",
                        null=True,
                        verbose_name="mail about findings of the export control",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "salutation",
                    models.CharField(
                        blank=True,
                        choices=[("mr", "Mr"), ("ms", "Ms"), ("diverse", "diverse")],
                        max_length=10,
                        verbose_name="salutation",
                    ),
                ),
                (
                    "staff_number",
                    models.CharField(blank=True, max_length=40, verbose_name="staff number"),
                ),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                (
                    "dealer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "locations",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Leave empty for all locations of the dealer.",
                        to="leads.location",
                        verbose_name="locations",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "membership",
                "verbose_name_plural": "memberships",
                "ordering": ["dealer", "user"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dealer", "user"), name="membership_once_per_dealer"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Merge",
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
                        choices=[("customer", "customers"), ("lead", "leads")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("kept_id", models.BigIntegerField(verbose_name="kept")),
                ("merged_id", models.BigIntegerField(verbose_name="merged")),
                ("before", leads.models.encrypted.EncryptedTextField(editable=False)),
                ("at", models.DateTimeField(verbose_name="merged at")),
                (
                    "undone_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="undone at"),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="merged by",
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
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="undone by",
                    ),
                ),
            ],
            options={
                "verbose_name": "merge",
                "verbose_name_plural": "merges",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["dealer", "-at", "-id"], name="merge_newest"),
                    models.Index(fields=["kind", "kept_id"], name="merge_by_kept"),
                    models.Index(fields=["kind", "merged_id"], name="merge_by_merged"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)),
                        fields=("kind", "merged_id"),
                        name="merge_once_at_a_time",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="changebatch",
            name="merge",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="change_batch",
                to="leads.merge",
                verbose_name="merge",
            ),
        ),
        migrations.CreateModel(
            name="OpeningHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        verbose_name="day",
                    ),
                ),
                ("opens", models.TimeField(verbose_name="opens at")),
                ("closes", models.TimeField(verbose_name="closes at")),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="opening_hours",
                        to="leads.location",
                        verbose_name="location",
                    ),
                ),
            ],
            options={
                "verbose_name": "opening time",
                "verbose_name_plural": "opening hours",
                "ordering": ["weekday", "opens"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("location", "weekday", "opens"), name="opening_hours_begin_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("closes__gt", models.F("opens"))),
                        name="opening_hours_end_after_they_begin",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("name_key", models.CharField(editable=False, max_length=160)),
                ("key", models.SlugField(blank=True, max_length=80, verbose_name="key")),
                (
                    "aliases",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Names used by partners and in Excel lists that mean this entry.",
                        verbose_name="other spellings",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(default=100, verbose_name="position"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "is_automatic",
                    models.BooleanField(
                        default=False,
                        help_text="Came in with a lead and has not been reviewed yet.",
                        verbose_name="created automatically",
                    ),
                ),
                (
                    "created_by",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="created by"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="created"
                    ),
                ),
                (
                    "change_batch",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="leads.changebatch",
                        verbose_name="bulk change",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for all dealers.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
            ],
            options={
                "verbose_name": "source",
                "verbose_name_plural": "sources",
                "ordering": ["position", "name"],
                "default_permissions": ("add", "change", "delete", "view", "import", "export"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("dealer__isnull", False)),
                        fields=("dealer", "name_key"),
                        name="source_once_per_dealer",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("dealer", None)),
                        fields=("name_key",),
                        name="source_once_for_all",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="lead",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="leads.source",
                verbose_name="source",
            ),
        ),
        migrations.CreateModel(
            name="Status",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("name_key", models.CharField(editable=False, max_length=160)),
                ("key", models.SlugField(blank=True, max_length=80, verbose_name="key")),
                (
                    "aliases",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Names used by partners and in Excel lists that mean this entry.",
                        verbose_name="other spellings",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(default=100, verbose_name="position"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "is_automatic",
                    models.BooleanField(
                        default=False,
                        help_text="Came in with a lead and has not been reviewed yet.",
                        verbose_name="created automatically",
                    ),
                ),
                (
                    "created_by",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="created by"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="created"
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("in_work", "in work"),
                            ("contacted", "contacted"),
                            ("not_reached", "not reached"),
                            ("appointment", "appointment"),
                            ("test_drive", "test drive"),
                            ("offer", "offer"),
                            ("won", "won"),
                            ("lost", "lost"),
                            ("invalid", "invalid"),
                        ],
                        default="in_work",
                        max_length=20,
                        verbose_name="stage",
                    ),
                ),
                (
                    "change_batch",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="leads.changebatch",
                        verbose_name="bulk change",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for all dealers.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
            ],
            options={
                "verbose_name": "status",
                "verbose_name_plural": "statuses",
                "ordering": ["position", "name"],
                "default_permissions": ("add", "change", "delete", "view", "import", "export"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("dealer__isnull", False)),
                        fields=("dealer", "name_key"),
                        name="status_once_per_dealer",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("dealer", None)),
                        fields=("name_key",),
                        name="status_once_for_all",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="lead",
            name="status",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="leads.status",
                verbose_name="status",
            ),
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("name_key", models.CharField(editable=False, max_length=160)),
                ("key", models.SlugField(blank=True, max_length=80, verbose_name="key")),
                (
                    "aliases",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Names used by partners and in Excel lists that mean this entry.",
                        verbose_name="other spellings",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(default=100, verbose_name="position"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "is_automatic",
                    models.BooleanField(
                        default=False,
                        help_text="Came in with a lead and has not been reviewed yet.",
                        verbose_name="created automatically",
                    ),
                ),
                (
                    "created_by",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="created by"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="created"
                    ),
                ),
                (
                    "change_batch",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="leads.changebatch",
                        verbose_name="bulk change",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for all dealers.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
            ],
            options={
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
                "ordering": ["name"],
                "default_permissions": ("add", "change", "delete", "view", "import", "export"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("dealer__isnull", False)),
                        fields=("dealer", "name_key"),
                        name="tag_once_per_dealer",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("dealer", None)),
                        fields=("name_key",),
                        name="tag_once_for_all",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="lead",
            name="tags",
            field=models.ManyToManyField(blank=True, to="leads.tag", verbose_name="tags"),
        ),
        migrations.CreateModel(
            name="TagChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("link", models.BigIntegerField(editable=False, null=True)),
                (
                    "change_batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.changebatch",
                        verbose_name="bulk change",
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.lead",
                        verbose_name="lead",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.tag",
                        verbose_name="tag",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["change_batch", "lead"], name="tagchange_of_batch")
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
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
                            ("follow_up", "follow-up"),
                            ("callback", "callback"),
                            ("test_drive", "test drive"),
                            ("enquired_again", "has asked again"),
                            ("other", "other task"),
                        ],
                        default="follow_up",
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("due_at", models.DateTimeField(verbose_name="due")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done")),
                (
                    "sender",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="sender"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
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
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="done by",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tasks",
                        to="leads.lead",
                        verbose_name="lead",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "task",
                "verbose_name_plural": "tasks",
                "ordering": ["due_at", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None)),
                        fields=["dealer", "owner", "due_at"],
                        name="task_open",
                    ),
                    models.Index(fields=["lead", "due_at"], name="task_of_lead"),
                    models.Index(fields=["dealer", "-created_at", "-id"], name="task_newest"),
                    models.Index(fields=["dealer", "due_at", "id"], name="task_by_due"),
                    models.Index(fields=["dealer", "-updated_at", "-id"], name="task_by_change"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnmappedName",
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
                            ("status", "status"),
                            ("source", "source"),
                            ("lead_type", "lead type"),
                            ("location", "location"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name as received")),
                ("name_key", models.CharField(editable=False, max_length=200)),
                (
                    "sender",
                    models.CharField(blank=True, max_length=80, verbose_name="first sender"),
                ),
                ("times", models.PositiveIntegerField(default=1, verbose_name="times")),
                ("first_seen_at", models.DateTimeField(verbose_name="first seen")),
                ("last_seen_at", models.DateTimeField(verbose_name="last seen")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
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
                    "lead_type",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.leadtype",
                    ),
                ),
                (
                    "leads",
                    models.ManyToManyField(
                        blank=True, related_name="+", to="leads.lead", verbose_name="leads"
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.location",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.source",
                    ),
                ),
                (
                    "status",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.status",
                    ),
                ),
            ],
            options={
                "verbose_name": "unknown name",
                "verbose_name_plural": "assignments",
                "ordering": ["-last_seen_at", "-pk"],
                "indexes": [
                    models.Index(fields=["dealer", "-last_seen_at"], name="unmapped_newest")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dealer", "kind", "name_key"), name="unmapped_name_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Vehicle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "internal_number",
                    models.CharField(blank=True, max_length=40, verbose_name="own number"),
                ),
                ("vin", models.CharField(blank=True, max_length=17, verbose_name="VIN")),
                ("make", models.CharField(blank=True, max_length=60, verbose_name="make")),
                ("model", models.CharField(blank=True, max_length=100, verbose_name="model")),
                ("variant", models.CharField(blank=True, max_length=150, verbose_name="variant")),
                (
                    "condition",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("new", "new"),
                            ("used", "used"),
                            ("demo", "demonstration car"),
                            ("pre_registered", "one-day registration"),
                        ],
                        max_length=20,
                        verbose_name="condition",
                    ),
                ),
                (
                    "first_registration",
                    models.CharField(
                        blank=True,
                        help_text="Year and month: 2024-05",
                        max_length=7,
                        verbose_name="first registration",
                    ),
                ),
                (
                    "mileage_km",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="mileage (km)"),
                ),
                (
                    "power_kw",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="power (kW)"
                    ),
                ),
                ("fuel", models.CharField(blank=True, max_length=40, verbose_name="fuel")),
                (
                    "price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=10,
                        null=True,
                        verbose_name="price (EUR)",
                    ),
                ),
                ("url", models.URLField(blank=True, max_length=500, verbose_name="listing")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("unknown", "only known from a lead"),
                            ("in_stock", "in stock"),
                            ("reserved", "reserved"),
                            ("sold", "sold"),
                            ("gone", "no longer in stock"),
                        ],
                        default="in_stock",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "stock_source",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="stock list"
                    ),
                ),
                ("search_text", models.TextField(blank=True, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="leads.location",
                        verbose_name="location",
                    ),
                ),
            ],
            options={
                "verbose_name": "vehicle",
                "verbose_name_plural": "vehicles",
                "ordering": ["-created_at", "-pk"],
                "permissions": [
                    ("import_vehicle", "Can import vehicles"),
                    ("export_vehicle", "Can export vehicles"),
                ],
                "indexes": [
                    models.Index(fields=["dealer", "-created_at", "-id"], name="vehicle_newest"),
                    models.Index(fields=["dealer", "-updated_at", "-id"], name="vehicle_by_change"),
                    models.Index(
                        condition=models.Q(("vin", ""), _negated=True),
                        fields=["dealer", "vin"],
                        name="vehicle_vin",
                    ),
                    models.Index(
                        condition=models.Q(("stock_source", ""), _negated=True),
                        fields=["dealer", "stock_source"],
                        name="vehicle_of_stock",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("internal_number", ""), _negated=True),
                        fields=("dealer", "internal_number"),
                        name="vehicle_once_per_internal_number",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="lead",
            name="vehicle",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="leads",
                to="leads.vehicle",
                verbose_name="vehicle",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalLead",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "salutation",
                    models.CharField(
                        blank=True,
                        choices=[("mr", "Mr"), ("ms", "Ms"), ("diverse", "diverse")],
                        max_length=10,
                        verbose_name="salutation",
                    ),
                ),
                (
                    "title",
                    models.CharField(blank=True, max_length=40, verbose_name="academic title"),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=100, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=100, verbose_name="last name"),
                ),
                ("company", models.CharField(blank=True, max_length=200, verbose_name="company")),
                ("email", models.CharField(blank=True, max_length=254, verbose_name="e-mail")),
                ("phone", models.CharField(blank=True, max_length=100, verbose_name="phone")),
                ("mobile", models.CharField(blank=True, max_length=100, verbose_name="mobile")),
                (
                    "street",
                    models.CharField(blank=True, max_length=200, verbose_name="street and number"),
                ),
                (
                    "postal_code",
                    models.CharField(blank=True, max_length=10, verbose_name="postal code"),
                ),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                (
                    "country",
                    models.CharField(
                        blank=True, default="DE", max_length=2, verbose_name="country"
                    ),
                ),
                ("email_key", models.CharField(blank=True, editable=False, max_length=254)),
                ("phone_key", models.CharField(blank=True, editable=False, max_length=20)),
                ("mobile_key", models.CharField(blank=True, editable=False, max_length=20)),
                ("name_key", models.CharField(blank=True, editable=False, max_length=200)),
                ("number", models.CharField(editable=False, max_length=20, verbose_name="number")),
                (
                    "sender",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="sender"
                    ),
                ),
                (
                    "external_id",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="number at the sender"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "lead_type_raw",
                    models.CharField(
                        blank=True, max_length=40, verbose_name="lead type as received"
                    ),
                ),
                ("lead_type_family", models.CharField(blank=True, editable=False, max_length=4)),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                ("message", models.TextField(blank=True, verbose_name="message")),
                (
                    "urgency",
                    models.CharField(
                        choices=[
                            ("low", "low"),
                            ("normal", "normal"),
                            ("high", "high"),
                            ("immediate", "immediate"),
                        ],
                        default="normal",
                        max_length=10,
                        verbose_name="urgency",
                    ),
                ),
                (
                    "expected_value",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=11,
                        null=True,
                        verbose_name="expected value (EUR)",
                    ),
                ),
                (
                    "probability",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="probability (%)"
                    ),
                ),
                (
                    "budget_from",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=11,
                        null=True,
                        verbose_name="budget from (EUR)",
                    ),
                ),
                (
                    "budget_to",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=11,
                        null=True,
                        verbose_name="budget to (EUR)",
                    ),
                ),
                (
                    "expected_close_on",
                    models.DateField(blank=True, null=True, verbose_name="expected close"),
                ),
                (
                    "desired_start_on",
                    models.DateField(blank=True, null=True, verbose_name="desired delivery"),
                ),
                (
                    "follow_up_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="follow-up"),
                ),
                ("campaign", models.CharField(blank=True, max_length=200, verbose_name="campaign")),
                (
                    "preferred_channel",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("phone", "phone"),
                            ("email", "e-mail"),
                            ("whatsapp", "WhatsApp"),
                            ("post", "post"),
                        ],
                        max_length=10,
                        verbose_name="preferred contact",
                    ),
                ),
                (
                    "preferred_time",
                    models.CharField(blank=True, max_length=100, verbose_name="preferred time"),
                ),
                (
                    "test_drive_wished",
                    models.BooleanField(default=False, verbose_name="test drive wished"),
                ),
                (
                    "test_drive_on",
                    models.DateField(blank=True, null=True, verbose_name="test drive on"),
                ),
                (
                    "test_drive_time",
                    models.CharField(blank=True, max_length=20, verbose_name="test drive at"),
                ),
                (
                    "callback_wished",
                    models.BooleanField(default=False, verbose_name="callback wished"),
                ),
                (
                    "callback_from",
                    models.DateTimeField(blank=True, null=True, verbose_name="callback from"),
                ),
                (
                    "callback_to",
                    models.DateTimeField(blank=True, null=True, verbose_name="callback until"),
                ),
                (
                    "trade_in_wished",
                    models.BooleanField(default=False, verbose_name="trade-in wished"),
                ),
                (
                    "reservation_hint",
                    models.BooleanField(default=False, verbose_name="reservation"),
                ),
                (
                    "customer_kind",
                    models.CharField(
                        blank=True,
                        choices=[("new", "new customer"), ("existing", "existing customer")],
                        max_length=10,
                        verbose_name="kind of customer",
                    ),
                ),
                (
                    "precheck",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("none", "explicitly none"),
                            ("performed", "performed, result unknown"),
                            ("positive", "positive"),
                            ("negative", "negative"),
                        ],
                        max_length=10,
                        verbose_name="credit pre-check",
                    ),
                ),
                (
                    "finance_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cash", "cash purchase"),
                            ("finance", "financing"),
                            ("leasing", "leasing"),
                        ],
                        max_length=10,
                        verbose_name="payment",
                    ),
                ),
                (
                    "finance_interest",
                    models.BooleanField(
                        blank=True, null=True, verbose_name="interested in financing"
                    ),
                ),
                (
                    "down_payment",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=11,
                        null=True,
                        verbose_name="down payment (EUR)",
                    ),
                ),
                (
                    "term_months",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="term (months)"
                    ),
                ),
                (
                    "annual_mileage_km",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="mileage per year (km)"
                    ),
                ),
                (
                    "final_payment",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=11,
                        null=True,
                        verbose_name="final payment (EUR)",
                    ),
                ),
                (
                    "monthly_rate",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=9,
                        null=True,
                        verbose_name="monthly rate (EUR)",
                    ),
                ),
                (
                    "effective_rate",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                        verbose_name="effective rate (%)",
                    ),
                ),
                (
                    "contract_expiring",
                    models.BooleanField(default=False, verbose_name="contract expiring"),
                ),
                (
                    "contract_number",
                    models.CharField(blank=True, max_length=64, verbose_name="contract number"),
                ),
                (
                    "contract_ends_on",
                    models.DateField(blank=True, null=True, verbose_name="contract ends"),
                ),
                (
                    "vehicle_name",
                    models.CharField(blank=True, max_length=300, verbose_name="vehicle as named"),
                ),
                (
                    "vehicle_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=10,
                        null=True,
                        verbose_name="vehicle price (EUR)",
                    ),
                ),
                (
                    "offer_number",
                    models.CharField(blank=True, max_length=64, verbose_name="offer number"),
                ),
                ("consents", models.JSONField(blank=True, default=list, verbose_name="consents")),
                (
                    "custom_values",
                    models.JSONField(blank=True, default=dict, verbose_name="further values"),
                ),
                (
                    "warnings",
                    models.JSONField(
                        blank=True, default=list, editable=False, verbose_name="warnings"
                    ),
                ),
                ("is_test", models.BooleanField(default=False, verbose_name="test lead")),
                ("is_spam", models.BooleanField(default=False, verbose_name="suspected spam")),
                ("staff_values", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "score",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, verbose_name="score"
                    ),
                ),
                (
                    "enquired_at",
                    models.DateTimeField(
                        help_text="When the customer asked, as the sender says.",
                        verbose_name="enquired",
                    ),
                ),
                (
                    "received_at",
                    models.DateTimeField(
                        help_text="When it arrived in this office.", verbose_name="received"
                    ),
                ),
                (
                    "enquiry_count",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="enquiries"
                    ),
                ),
                (
                    "last_enquired_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="last enquiry"
                    ),
                ),
                (
                    "last_activity_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="last activity"
                    ),
                ),
                (
                    "first_response_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="first response"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "deleted_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="deleted"
                    ),
                ),
                (
                    "deleted_by",
                    models.CharField(
                        blank=True, editable=False, max_length=80, verbose_name="deleted by"
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(blank=True, editable=False, verbose_name="changed"),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.category",
                        verbose_name="category",
                    ),
                ),
                (
                    "change_batch",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.changebatch",
                    ),
                ),
                (
                    "close_reason",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.closereason",
                        verbose_name="close reason",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.dealer",
                        verbose_name="dealer",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.lead",
                        verbose_name="merged into",
                    ),
                ),
                (
                    "lead_type",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.leadtype",
                        verbose_name="lead type",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.location",
                        verbose_name="location",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.source",
                        verbose_name="source",
                    ),
                ),
                (
                    "status",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.status",
                        verbose_name="status",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.vehicle",
                        verbose_name="vehicle",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical lead",
                "verbose_name_plural": "historical leads",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("change_batch", None), _negated=True),
                        fields=["change_batch", "id"],
                        name="lead_history_of_batch",
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Enquiry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sender", models.CharField(blank=True, max_length=80, verbose_name="sender")),
                (
                    "external_id",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="number at the sender"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("content_hash", models.CharField(blank=True, max_length=64)),
                (
                    "vehicle_name",
                    models.CharField(blank=True, max_length=300, verbose_name="vehicle as named"),
                ),
                ("subject", models.CharField(blank=True, max_length=200, verbose_name="subject")),
                ("message", models.TextField(blank=True, verbose_name="message")),
                ("campaign", models.CharField(blank=True, max_length=200, verbose_name="campaign")),
                (
                    "reason",
                    models.CharField(blank=True, max_length=200, verbose_name="recognised by"),
                ),
                (
                    "contact",
                    models.JSONField(blank=True, default=dict, verbose_name="contact data"),
                ),
                ("unknown_names", models.JSONField(blank=True, default=dict, editable=False)),
                ("enquired_at", models.DateTimeField(verbose_name="enquired")),
                ("received_at", models.DateTimeField(verbose_name="received")),
                (
                    "change_batch",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leads.changebatch",
                        verbose_name="bulk change",
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
                    "entered_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="entered by",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="enquiries",
                        to="leads.lead",
                        verbose_name="lead",
                    ),
                ),
                (
                    "lead_type",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="leads.leadtype",
                        verbose_name="lead type",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="leads.source",
                        verbose_name="source",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="enquiries",
                        to="leads.vehicle",
                        verbose_name="vehicle",
                    ),
                ),
            ],
            options={
                "verbose_name": "enquiry",
                "verbose_name_plural": "enquiries",
                "ordering": ["-received_at", "-pk"],
                "indexes": [
                    models.Index(fields=["lead", "-received_at", "-id"], name="enquiry_of_lead"),
                    models.Index(
                        fields=["dealer", "source", "-received_at"], name="enquiry_by_source"
                    ),
                    models.Index(
                        condition=models.Q(("change_batch", None), _negated=True),
                        fields=["change_batch", "lead"],
                        name="enquiry_of_batch",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("dealer", "sender", "external_id"),
                        name="enquiry_once_per_sender",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["dealer", "status", "-received_at"], name="lead_by_status"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["dealer", "source", "-received_at"], name="lead_by_source"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                fields=["dealer", "location", "-received_at"], name="lead_by_location"
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["dealer", "lead_type", "-received_at"], name="lead_by_type"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(
                    ("lead_type", None), models.Q(("lead_type_raw", ""), _negated=True)
                ),
                fields=["lead_type_raw"],
                name="lead_unknown_type",
            ),
        ),
    ]
