-- What workflows were given, worked out and said goes with the words of who asked.
create or replace function patchbay.run_event_without_words(p_body jsonb, p_user text) returns jsonb
language sql immutable set search_path = patchbay, pg_temp as $$
  -- A field that is null is none.
  select jsonb_strip_nulls(p_body || case when p_body ->> 'by' = p_user then '{"by": "UFORGOTTEN"}'::jsonb else '{}' end || case p_body ->> 'type'
    when 'started' then jsonb_build_object('text', 'Forgotten.', 'context', '[]'::jsonb, 'attached', '[]'::jsonb,
      'origin', (p_body -> 'origin') - 'userZone' || '{"user": "UFORGOTTEN", "userName": "somebody"}',
      'first', p_body -> 'first' || '{"input": {}}', 'earlier', null, 'prompt', null, 'skill', null, 'untrusted', null,
      'agent', case when p_body ? 'agent' then jsonb_build_object('id', p_body #> '{agent,id}', 'version', p_body #> '{agent,version}',
        'chosenBy', p_body #> '{agent,chosenBy}', 'name', 'Forgotten', 'purpose', 'Forgotten.', 'instructions', '') end,
      'parent', p_body -> 'parent' || '{"agent": "Forgotten", "words": ""}',
      'workflow', p_body -> 'workflow' || '{"body": {"name": "forgotten", "title": "Forgotten", "steps": [{"id": "forgotten", "wait": "1s"}]}, "inputs": {}, "trigger": null}')
    when 'thread_read' then '{"messages": [], "gap": null}'
    when 'files_added' then '{"files": []}'
    when 'summarised' then '{"text": "Forgotten."}'
    when 'replied' then jsonb_build_object('toolsLeftOut', null, 'content', (select coalesce(jsonb_agg(case part ->> 'type'
        when 'text' then '{"type": "text", "text": ""}' else part || '{"input": {}}' end order by nth), '[]')
      from jsonb_array_elements(p_body -> 'content') with ordinality as parts (part, nth) where part ->> 'type' <> 'opaque'))
    when 'judged' then jsonb_build_object('why', '[]'::jsonb,
      'approval', (p_body -> 'approval') - 'reach' - 'does' || jsonb_build_object('approvers', users_without(p_body #> '{approval,approvers}', p_user)),
      'target', p_body -> 'target' || jsonb_build_object('schema', '{}'::jsonb, 'connectionName', p_body #> '{target,cardTitle}',
        'sharedBy', case when p_body #>> '{target,sharedBy}' = p_user then '"UFORGOTTEN"' else p_body #> '{target,sharedBy}' end))
    when 'voted' then jsonb_build_object('votes', users_without(p_body -> 'votes', p_user))
    when 'answered' then jsonb_build_object('arguments', case when p_body ? 'arguments' then '{}'::jsonb end, 'reason', null, 'reach', null, 'lost', null,
      'approvedBy', users_without(p_body -> 'approvedBy', p_user))
    when 'edit_proposed' then '{"arguments": {}}'
    when 'denial_explained' then '{"reason": "Forgotten."}'
    when 'withdrawn' then '{"text": "Forgotten.", "attached": []}'
    when 'asked_input' then jsonb_build_object('request', p_body -> 'request' || '{"message": "Forgotten.", "metadataUrl": null}'
      || case p_body #>> '{request,kind}' when 'form' then '{"fields": []}' when 'url' then '{"url": "https://forgotten.invalid/"}' else '{}'::jsonb end,
      'person', 'UFORGOTTEN', 'resume', (p_body -> 'resume') - 'state')
    when 'given_input' then '{"content": null}'
    when 'returned' then jsonb_build_object('text', '', 'images', '[]'::jsonb, 'files', '[]'::jsonb, 'summary', 'Forgotten.', 'shown', null,
      'log', null, 'ofChild', p_body -> 'ofChild' || '{"untrusted": []}', 'output', null)
    when 'delegated' then '{"agent": "Forgotten", "task": "Forgotten."}'
    when 'waiting' then '{"why": "Forgotten."}'
    when 'entered' then jsonb_build_object('items', case when p_body ? 'items' then '[]'::jsonb end)
    when 'skipped' then '{"why": "Forgotten."}'
    when 'left' then jsonb_build_object('output', null, 'error', case when p_body ? 'error' then 'Forgotten.' end, 'undo', null)
    when 'parked' then '{"why": "Forgotten."}'
    when 'step_resumed' then jsonb_build_object('arguments', case when p_body ? 'arguments' then '{}'::jsonb end)
    when 'step_waiting' then '{"why": "Forgotten."}'
    when 'finished' then jsonb_build_object('workflow', p_body -> 'workflow' || '{"output": "", "problem": null}')
    when 'failed' then '{"message": "Forgotten."}'
    else '{}' end)
$$;

insert into patchbay.schema_versions (version, breaking) values ('20261130000051', false);
select patchbay.restrict_access();
