"""The one address of the yardstick."""

from django.urls import path
from rest_framework import generics, serializers

from benchmarks.stock.models import Lead


class LeadSerializer(serializers.ModelSerializer):
    class Meta:
        model = Lead
        fields = "__all__"


class Leads(generics.CreateAPIView):
    queryset = Lead.objects.all()
    serializer_class = LeadSerializer


urlpatterns = [path("leads/", Leads.as_view())]
