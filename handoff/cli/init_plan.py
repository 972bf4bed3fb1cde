"""The plan of `handoff init`, its second step: decide on all changes, and make them."""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field

import click

from handoff.cli.init_options import InitOptions
from handoff.cli.questions import Questions
from handoff.installation.deployment_files import (
    LEDGER_FOLDER,
    UNITS_FOLDER,
    Deployment,
    is_packaged_nginx_include,
)
from handoff.installation.env_file_merge import (
    EnvFileMerge,
    merge_env_file,
    read_values,
)
from handoff.installation.host_preparation import (
    HostNotPrepared,
    HostPreparation,
    determine_group_name,
    has_user,
    is_root,
)
from handoff.installation.planned_file import PlannedFile, read_existing_text
from handoff.installation.redis_user import (
    build_acl_command,
    build_configuration_line,
    create_and_save_redis_user,
    generate_redis_login,
)
from handoff.installation.session_store_settings import RedisLogin, SessionStorePlan
from handoff.installation.settings_plan import (
    InstallationChoices,
    ShopFacts,
    is_account_sharing_unknown,
    plan_settings,
)
from handoff.installation.shop_discovery import normalize_address
from handoff.settings.session_store_url import SessionStoreAccess


@dataclass(frozen=True, slots=True)
class _RedisUserChoice:
    """Handoff's user in the shop's Redis, which `init` can create or will create.

    `is_in_use` says that the settings have such a user already. It is only created again if an
    option says so, for example after Redis has forgotten it.
    """

    login: RedisLogin | None = None
    is_created: bool = False
    is_in_use: bool = False


@dataclass(frozen=True, slots=True)
class InstallationPlan:
    """All changes of an installation.

    `differing_files` exist, are not as init would write them, and stay. `redis_user` is what the
    administrator can create, or what this command creates if `creates_redis_user` is set.
    """

    env_file: PlannedFile
    merge: EnvFileMerge
    new_files: tuple[PlannedFile, ...]
    differing_files: tuple[PlannedFile, ...]
    preparation: HostPreparation
    deployment: Deployment
    store: SessionStorePlan | None
    redis_user: RedisLogin | None = field(repr=False)
    creates_redis_user: bool

    @property
    def settings(self) -> dict[str, str]:
        """The settings as the file will have them."""
        return read_values(self.merge.text)

    def list_steps(self) -> list[str]:
        """Return a sentence for each change that is not a file's."""
        steps = self.preparation.list_steps()
        if self.creates_redis_user and self.store and self.redis_user:
            hidden = RedisLogin(self.redis_user.username, "…")
            steps.append(f"create a Redis user: {build_acl_command(self.store, hidden)}")
        return steps

    def list_changed_files(self) -> list[PlannedFile]:
        """Return the files that will be written."""
        return [file for file in (self.env_file, *self.new_files) if file.has_change()]

    def has_changes(self) -> bool:
        """Return whether a file or anything else will be changed."""
        return bool(self.list_changed_files() or self.list_steps())


def plan_installation(
    options: InitOptions, questions: Questions, facts: ShopFacts, store: SessionStorePlan | None
) -> InstallationPlan:
    """Decide on all changes; ask where there is a choice."""
    existing = options.read_existing_settings()
    redis_user = _choose_redis_user(options, questions, store, existing)
    deployment = _plan_deployment(options, store)
    choices = InstallationChoices(
        public_url=_choose_public_url(options, facts, existing),
        database_url=f"sqlite:///{deployment.ledger_folder / 'handoff.db'}",
        session_store_key_file=str(deployment.env_file.with_name("session-store.key")),
        trusted_proxies=options.trusted_proxies,
        ca_file=str(options.ca_file.resolve()) if options.ca_file else "",
        redis_login=redis_user.login if redis_user.is_created else None,
        customer_accounts=_choose_account_sharing(options, questions, facts, existing),
    )
    current = read_existing_text(options.env_file) or ""
    planned = plan_settings(facts, store, choices)
    if redis_user.is_in_use:
        planned["HANDOFF_SESSION_STORE"] = existing["HANDOFF_SESSION_STORE"]
    replaced = planned if options.update else options.list_given_settings()
    merge = merge_env_file(current, planned, replaced=replaced)
    public_url = read_values(merge.text).get("HANDOFF_PUBLIC_URL", choices.public_url)
    files = [deployment.plan_nginx_include(public_url), *deployment.plan_units()]
    existing_files = [] if options.update else [file for file in files if _is_kept(file)]
    return InstallationPlan(
        env_file=_plan_env_file(deployment, merge),
        merge=merge,
        new_files=tuple(file for file in files if file not in existing_files),
        differing_files=tuple(file for file in existing_files if file.has_change()),
        preparation=_plan_preparation(options, deployment),
        deployment=deployment,
        store=store,
        redis_user=redis_user.login,
        creates_redis_user=redis_user.is_created,
    )


def apply_plan(plan: InstallationPlan) -> None:
    """Make every change of the plan."""
    plan.preparation.prepare()
    if plan.creates_redis_user and plan.store and plan.redis_user:
        access = SessionStoreAccess(
            ca_file=plan.settings.get("HANDOFF_SESSION_STORE_CA_FILE"),
            sentinel_password=plan.store.sentinel_password or None,
        )
        if not create_and_save_redis_user(plan.store, access, plan.redis_user):
            click.echo(
                "\nRedis has no aclfile, so it forgets the user at its next restart. Add this"
            )
            click.echo("line to redis.conf, or on Sentinel to that of every Redis:")
            click.echo(f"  {build_configuration_line(plan.redis_user)}")
    for file in plan.list_changed_files():
        file.write()


def _choose_redis_user(
    options: InitOptions,
    questions: Questions,
    store: SessionStorePlan | None,
    existing: dict[str, str],
) -> _RedisUserChoice:
    if not store or not store.is_redis_of_shop or "HANDOFF_SESSION_STORE_FILE" in existing:
        return _RedisUserChoice()
    current = existing.get("HANDOFF_SESSION_STORE", "")
    creates = options.redis_user == "create"
    own = store.find_own_login(current)
    if own and options.redis_user != "shop":
        return _RedisUserChoice(own if creates else None, is_created=creates, is_in_use=True)
    is_replaced = creates or (options.update and current != store.build_url())
    if current and not is_replaced:
        return _RedisUserChoice()
    is_created = _ask_to_create_redis_user(options, questions)
    return _RedisUserChoice(generate_redis_login(), is_created=is_created)


def _is_kept(file: PlannedFile) -> bool:
    """Return whether a file exists and may hold changes of the administrator."""
    return file.exists() and not is_packaged_nginx_include(file)


def _ask_to_create_redis_user(options: InitOptions, questions: Questions) -> bool:
    if options.redis_user:
        return options.redis_user == "create"
    question = "Create a Redis user for Handoff now? Otherwise it uses the shop's own login."
    return questions.ask_yes_or_no("--redis-user", question, proposal=False)


def _choose_public_url(options: InitOptions, facts: ShopFacts, existing: dict[str, str]) -> str:
    if options.public_url:
        return normalize_address(options.public_url, subject="--public-url")
    return existing.get("HANDOFF_PUBLIC_URL") or f"{facts.shop.storefront_url}/handoff"


def _choose_account_sharing(
    options: InitOptions, questions: Questions, facts: ShopFacts, existing: dict[str, str]
) -> str:
    known = options.customer_accounts or existing.get("HANDOFF_CUSTOMER_ACCOUNTS")
    if known or not is_account_sharing_unknown(facts):
        return known or ""
    question = "Does the shop share customer accounts among its websites?"
    is_shared = questions.ask_yes_or_no("--customer-accounts", question, proposal=False)
    return "global" if is_shared else "website"


def _plan_deployment(options: InitOptions, store: SessionStorePlan | None) -> Deployment:
    """Return where the files go, and which user runs the service: for session files, PHP's.

    Raises HostNotPrepared if this machine has no such user.
    """
    env_file = options.env_file.resolve()
    user = options.user if is_root() else getpass.getuser()
    session_owner = store.owner if store and is_root() else ""
    if session_owner and not has_user(session_owner):
        raise HostNotPrepared(
            f"The session files belong to {session_owner}, and this machine has no such user. "
            "Name the user of PHP: --session-store file:///folder?owner=…"
        )
    is_installed = is_root() and options.is_default_env_file
    units_folder = UNITS_FOLDER if is_installed else env_file.with_name("systemd")
    return Deployment(
        env_file=env_file,
        units_folder=options.units_folder or units_folder,
        user=session_owner or user,
        group=determine_group_name(user),
        bind=options.bind,
        ledger_folder=LEDGER_FOLDER if is_installed else env_file.with_name("ledger"),
        session_folder=store.folder if store else "",
    )


def _plan_env_file(deployment: Deployment, merge: EnvFileMerge) -> PlannedFile:
    """Return the env file, for the group of the service if root writes it."""
    if is_root():
        return PlannedFile(deployment.env_file, merge.text, 0o640, deployment.group)
    return PlannedFile(deployment.env_file, merge.text, 0o600)


def _plan_preparation(options: InitOptions, deployment: Deployment) -> HostPreparation:
    user = options.user if is_root() else None
    return HostPreparation(deployment.ledger_folder, deployment.user, user)
