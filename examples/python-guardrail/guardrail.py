"""A guardrail for Sluice: `python guardrail.py unix:/tmp/guardrail.sock` (or `127.0.0.1:50051`).

It blocks SQL that drops something, and hides e-mail addresses in arguments and results.
"""

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
from sluice.guardrail.v1 import guardrail_pb2 as pb
from sluice.guardrail.v1 import guardrail_pb2_grpc as rpc

DROPS = re.compile(r"\b(drop|truncate)\b", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


def hide(value):
    if isinstance(value, str):
        return EMAIL.sub("[email]", value)
    if isinstance(value, list):
        return [hide(item) for item in value]
    if isinstance(value, dict):
        return {key: hide(item) for key, item in value.items()}
    return value


class Guardrail(rpc.GuardrailServiceServicer):
    def Check(self, request, context):
        payload = json.loads(request.payload_json)
        if request.phase == pb.PHASE_CALL and DROPS.search(str(payload.get("query", ""))):
            found = pb.Finding(rule="sql.drops", path="$.query")
            message = "`query` must not drop or truncate anything."
            return pb.CheckResponse(decision=pb.DECISION_BLOCK, message=message, findings=[found])
        answer, hidden = pb.CheckResponse(decision=pb.DECISION_ALLOW), hide(payload)
        if hidden != payload:
            answer.payload_json = json.dumps(hidden)
            answer.findings.add(rule="email", path="$", entity="email")
        return answer


server = grpc.server(ThreadPoolExecutor(), options=[("grpc.max_receive_message_length", 32 << 20)])
rpc.add_GuardrailServiceServicer_to_server(Guardrail(), server)
server.add_insecure_port(sys.argv[1])
server.start()
server.wait_for_termination()
