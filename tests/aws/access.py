"""IAM, in front of moto's: SimulatePrincipalPolicy (API SimulatePrincipalPolicy), which moto does not have.

A role is allowed lambda:InvokeFunction on whatever matches its patterns; `*` is all.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from urllib.parse import parse_qs

from werkzeug.wrappers import Request, Response

from tests.aws.reply import Forward


class Access:
    def __init__(self) -> None:
        self.allowed = ["*"]
        """Patterns of resources that every role may invoke."""

    def answer(self, request: Request, body: bytes, forward: Forward) -> Response | None:
        del forward
        if b"Action=SimulatePrincipalPolicy" not in body[:2000] or request.method != "POST":
            return None
        asked = parse_qs(body.decode())
        resource, action = asked["ResourceArns.member.1"][0], asked["ActionNames.member.1"][0]
        allowed = any(fnmatchcase(resource, pattern) for pattern in self.allowed)
        member = (
            f"<member><EvalActionName>{action}</EvalActionName><EvalResourceName>{resource}</EvalResourceName>"
            f"<EvalDecision>{'allowed' if allowed else 'implicitDeny'}</EvalDecision></member>"
        )
        text = (
            '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            "<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated>"
            f"<EvaluationResults>{member}</EvaluationResults></SimulatePrincipalPolicyResult>"
            "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></SimulatePrincipalPolicyResponse>"
        )
        return Response(text, mimetype="text/xml")
