"""``/api/v1/access/users``: accounts."""

from __future__ import annotations

from typing import Any

from health_platform.access.accounts import service
from health_platform.access.accounts.models import User
from health_platform.access.accounts.opening import open_for
from health_platform.access.accounts.schemas import (
    HolderIn,
    NewUserOut,
    ReasonIn,
    UserChangeIn,
    UserIn,
    UserOut,
    UserPage,
    UserQuery,
)
from health_platform.access.units import directory_of
from health_platform.kernel.http import Blueprint, Call, endpoint

PAGE = 50
blp = Blueprint("access_users", __name__, url_prefix="/api/v1/access/users", description="用户账号")
BLUEPRINTS = (blp,)


@endpoint(blp, "GET", "", permission="access.user.read", label="查询账号", query=UserQuery, response=UserPage)
def find(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Accounts in the caller's reach."""
    search = service.UserSearch(query["text"], query["status"], query["institution_id"])
    rows, total = service.find_users(call.session, search, (query["page"] - 1) * PAGE, PAGE)
    return {"rows": rows, "total": total}


@endpoint(
    blp,
    "POST",
    "",
    permission="access.user.create",
    label="新建账号",
    body=UserIn,
    response=NewUserOut,
    audit="user.create",
    status=201,
)
def create(call: Call, body: dict[str, Any]) -> User:
    """Opens an account; the first password is in the answer and nowhere else."""
    user, password = open_for(call.session, call.principal, directory_of(call.platform), body)
    call.audit(object_id=user.id, role=body.get("role"))
    user.first_password = password  # type: ignore[attr-defined]
    return user


@endpoint(blp, "GET", "/<int:user_id>", permission="access.user.read", label="查看账号", response=UserOut)
def show(call: Call, user_id: int) -> User:
    """One account."""
    return service.get_user(call.session, user_id)


@endpoint(
    blp,
    "PUT",
    "/<int:user_id>",
    permission="access.user.edit",
    label="修改账号",
    body=UserChangeIn,
    response=UserOut,
    audit="user.edit",
)
def change(call: Call, body: dict[str, Any], user_id: int) -> User:
    """Corrects an account; the national id cannot be changed."""
    return service.change_user(call.session, call.principal, user_id, service.UserChange(**body))


@endpoint(
    blp,
    "POST",
    "/<int:user_id>/lock",
    permission="access.user.lock",
    label="锁定账号",
    body=ReasonIn,
    response=UserOut,
    audit="user.lock",
)
def lock(call: Call, body: dict[str, Any], user_id: int) -> User:
    """Stops an account and its sessions at once."""
    call.audit(reason=body["reason"])
    return service.lock(call.session, call.principal, user_id, body["reason"])


@endpoint(
    blp,
    "POST",
    "/<int:user_id>/unlock",
    permission="access.user.lock",
    label="解锁账号",
    response=UserOut,
    audit="user.unlock",
)
def unlock(call: Call, user_id: int) -> User:
    """Lets an account sign in again."""
    return service.unlock(call.session, call.principal, user_id)


@endpoint(
    blp,
    "POST",
    "/<int:user_id>/password",
    permission="access.user.reset",
    label="重置口令",
    response=NewUserOut,
    audit="user.reset_password",
)
def reset(call: Call, user_id: int) -> User:
    """Gives a new first password."""
    user, password = service.reset_password(call.session, call.principal, user_id)
    user.first_password = password  # type: ignore[attr-defined]
    return user


@endpoint(
    blp,
    "POST",
    "/<int:user_id>/second-factor/reset",
    permission="access.user.reset",
    label="重置动态口令",
    response=UserOut,
    audit="user.reset_factor",
)
def reset_factor(call: Call, user_id: int) -> User:
    """Forgets a lost authenticator."""
    return service.reset_second_factor(call.session, call.principal, user_id)


@endpoint(
    blp,
    "POST",
    "/<int:user_id>/holder",
    permission="access.user.edit",
    label="登记岗位账号持有人",
    body=HolderIn,
    response=UserOut,
    audit="user.holder",
)
def holder(call: Call, body: dict[str, Any], user_id: int) -> User:
    """Enters who holds a first administrator's account."""
    return service.name_post_holder(call.session, user_id, body["real_name"], body["id_no"])
