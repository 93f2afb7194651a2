from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    # The first word of the breadcrumbs, as in leads: people see one office, not two apps.
    verbose_name = "LeadOffice"
