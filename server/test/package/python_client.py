"""Uses each resource of 3scale's Python client (3scale-api on PyPI) that Bellwire has, with the client's own methods.

Arguments: the URL of a new Bellwire and an access token of its admin. Exits with 1 and a traceback at the first
response that the client does not understand, and at the first wrong value.
"""

import sys

from threescale_api import ThreeScaleClient
from threescale_api.errors import ApiClientError


def equal(resource, **expected):
    """Asserts values of a resource, or of a document."""
    found = {name: resource[name] for name in expected}
    assert found == expected, f"{found} instead of {expected}"


def refused(status, call):
    """Asserts that a call is refused with this status and a body."""
    try:
        call()
    except ApiClientError as error:
        assert (error.code, bool(error.body)) == (status, True), error
        return
    raise AssertionError(f"no status {status}")


def use_products(api):
    service = api.services.create({"name": "Tides", "system_name": "tides", "backend_version": "2"})
    equal(service.update({"description": "Ferry times"}), description="Ferry times", system_name="tides")
    equal(api.services["tides"], id=service["id"])
    hits = service.metrics["hits"]
    metric = service.metrics.create({"friendly_name": "Megabytes", "unit": "MB"})
    equal(metric.update({"friendly_name": "Traffic"}), friendly_name="Traffic", system_name="megabytes")
    equal(hits.methods.create({"friendly_name": "Departures"}), parent_id=hits["id"])
    plan = service.app_plans.create({"name": "Gold", "system_name": "gold", "cost_per_month": 3})
    equal(plan.update({"state_event": "publish"}), state="published", cost_per_month=3.0)
    assert plan.set_default().is_default
    limit = plan.limits(hits).create({"period": "day", "value": 10})
    equal(limit.update({"value": 11}), value=11, metric_id=hits["id"])
    rule = plan.pricing_rules(metric).create({"min": 1, "max": 5, "cost_per_unit": "0.5"})
    equal(rule, cost_per_unit="0.5")
    equal(api.application_plans["gold"], id=plan["id"])
    subscription_plan = service.service_plans.create({"name": "Guests", "approval_required": True})
    body = '{"swagger":"2.0","info":{"version":"1","title":"Tides"},"paths":{}}'
    specification = api.active_docs.create({"name": "Tides", "body": body, "service_id": service["id"]})
    equal(specification.update({"published": True}), published=True, body=body)
    assert len(service.active_docs.list()) == 1
    assert service.backend_usages.list() == []
    return service, plan, subscription_plan


def use_accounts(api):
    account = api.accounts.create({"org_name": "Quay", "username": "quay", "email": "quay@quay.test"})
    equal(api.accounts.find({"username": "quay"}), id=account["id"])
    equal(account.update({"org_name": "Quay 2"}), org_name="Quay 2")
    api.accounts.approve(account.entity_id)
    equal(api.accounts.pending(account.entity_id), state="pending")
    plan = api.account_plans.create({"name": "Partners"})
    api.accounts.set_plan(account.entity_id, plan.entity_id)
    equal(account.get_account_plan(), id=plan["id"])
    equal(api.accounts.send_message(account.entity_id, "At noon.", "Closed")["message"], state="sent", subject="Closed")
    user = account.users.create({"username": "mole", "email": "mole@quay.test", "password": "long enough 1"})
    equal(user.activate(), state="active")
    equal(user.suspend(), state="suspended")
    equal(user.un_suspend(), state="active")
    equal(user.set_as_admin(), role="admin")
    assert [one["username"] for one in account.users.list()] == ["quay", "mole"]
    refused(422, lambda: account.users.create({"username": "mole", "email": "other@quay.test"}))
    return account


def use_applications(account, service, plan, subscription_plan):
    subscription = account.service_subscriptions.create({"plan_id": subscription_plan["id"]})
    equal(subscription, state="pending")
    equal(subscription.approve(), state="live")
    application = account.applications.create({"name": "Board", "description": "A screen", "plan_id": plan["id"]})
    equal(application.update({"description": "Two screens"}), description="Two screens", service_id=service["id"])
    equal(application.service, id=service["id"])
    other = service.app_plans.create({"name": "Silver"})
    equal(account.applications.change_plan(application.entity_id, other.entity_id)["application_plan"], id=other["id"])
    equal(account.applications.customize_plan(application.entity_id)["application_plan"], custom=True)
    account.applications.decustomize_plan(application.entity_id)
    account.applications.suspend(application.entity_id)
    equal(application.read(), state="suspended", plan_id=other["id"])
    account.applications.resume(application.entity_id)
    key = application.keys.create({"key": "a/key?with%signs"})
    equal(key, value="a/key?with%signs")
    key.delete()
    assert all(one["value"] != key["value"] for one in application.keys.list())
    application.delete()
    assert not application.exists()


def use_provider(api, service):
    equal(api.provider_accounts.fetch().update({"support_email": "help@quay.test"}), support_email="help@quay.test")
    user = api.provider_account_users.create({"username": "ada", "email": "ada@quay.test"})
    granted = user.permissions_update(allowed_services=[service["id"]], allowed_sections=["partners"])
    equal(granted["permissions"], allowed_service_ids=[service["id"]], allowed_sections=["partners"])
    equal(user.permissions_update()["permissions"], allowed_service_ids=[], allowed_sections=[])
    equal(user.set_role_admin(), role="admin")
    token = api.access_tokens.create({"name": "reader", "permission": "ro", "scopes": ["account_management"]})
    reader = ThreeScaleClient(api.url, token["value"])
    assert len(reader.services.list()) == 2
    refused(403, lambda: reader.services.create({"name": "Refused"}))
    field = api.fields_definitions.create({"name": "quay", "label": "Quay", "target": "Account", "required": False})
    equal(field.update({"label": "Pier"}), label="Pier", target="Account")
    client = {"kind": "keycloak", "client_id": "a", "client_secret": "b", "site": "https://sso.quay.test"}
    for providers in (api.dev_portal_auth_providers, api.admin_portal_auth_providers):
        equal(providers.create(client).update({"client_id": "c"}), client_id="c", site=client["site"])
    for kind in ("Keys", "Users", "Applications", "Accounts"):
        equal(api.webhooks.setup(kind, "https://example.com/hooks").json()["webhook"], active=True)
    equal(api.webhooks.clear().json()["webhook"], active=False)


def main(url, token):
    api = ThreeScaleClient(url, token, wait=-1)
    # A sign-up subscribes the account to the products that exist.
    account = use_accounts(api)
    service, plan, subscription_plan = use_products(api)
    use_applications(account, service, plan, subscription_plan)
    use_provider(api, service)
    # The client's own check of a new tenant.
    ThreeScaleClient(url, token, wait=0)
    for absent in (service.proxy, service.mapping_rules, api.backends, api.policy_registry, api.cms_pages):
        refused(404, absent.list)
    refused(403, ThreeScaleClient(url, "wrong").services.list)
    account.delete()
    service.delete()
    assert not account.exists() and not service.exists()


main(*sys.argv[1:])
