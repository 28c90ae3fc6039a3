create function patchbay.vault_state() returns jsonb
language plpgsql stable set search_path = patchbay, pg_temp as $$
declare shown oid;
begin
  select c.oid into shown from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'vault' and c.relname = 'decrypted_secrets';
  return to_jsonb(case
    when shown is null then 'missing'
    when has_schema_privilege('vault', 'usage') and has_table_privilege(shown, 'select') then 'ready'
    else 'closed' end);
end $$;
comment on function patchbay.vault_state() is 'whether the extension Supabase Vault is here: missing, closed (to this role) or ready';

create function patchbay.vault_read(p_name text) returns jsonb
language plpgsql stable set search_path = patchbay, pg_temp as $$
begin
  return (select to_jsonb(decrypted_secret) from vault.decrypted_secrets where name = p_name);
end $$;
comment on function patchbay.vault_read(text) is 'a secret of Supabase Vault; null when there is none of that name';

create function patchbay.vault_save(p_name text, p_secret text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare found_id uuid;
begin
  -- Two that save a new name at once take turns.
  perform pg_advisory_xact_lock(hashtextextended(p_name, 36));
  select id into found_id from vault.secrets where name = p_name;
  if found_id is null then perform vault.create_secret(p_secret, p_name, 'Patchbay');
  else perform vault.update_secret(found_id, p_secret);
  end if;
  return null;
end $$;
comment on function patchbay.vault_save(text, text) is 'saves a secret in Supabase Vault, instead of the one of that name';

create function patchbay.vault_remove(p_name text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  delete from vault.secrets where name = p_name;
  return null;
end $$;
comment on function patchbay.vault_remove(text) is 'removes a secret from Supabase Vault';

create function patchbay.credential_references(p_action text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  answer jsonb;
  counted record;
begin
  with saved (reference, required, workspace, owner, connection) as (
    select credential_reference, true, workspace_id, user_id, connection_name
    from mcp_connections where credential_reference is not null
    union all select 'connection/' || id || '/sign-in', false, workspace_id, user_id, connection_name from mcp_connections
    union all select distinct 'identity/' || workspace_id || '/' || user_id, false, workspace_id, user_id, null
    from mcp_connections where user_id is not null
    union all select credential_reference, true, workspace_id, null, null from installations
    union all select 'sign-in/' || state_hash, false, workspace_id, user_id, null from sign_ins
    union all select 'sign-in-code/' || id, false, workspace_id, user_id, null from sign_in_codes
    union all select 'submission/' || submission_id, false, workspace_id, user_id, null from connect_submissions
    union all select 'secret-entry/' || id, false, workspace_id, user_id, null from secret_entries
  )
  select coalesce(jsonb_agg(to_jsonb(saved) order by workspace, owner, reference), '[]') into answer from saved;
  for counted in select f ->> 'workspace' as workspace, count(*) as credentials from jsonb_array_elements(answer) f group by 1 order by 1 loop
    perform audit_append(counted.workspace, 'patchbay', p_action, jsonb_build_object('credentials', counted.credentials));
  end loop;
  return answer;
end $$;
comment on function patchbay.credential_references(text) is 'every reference that may be in the credential store, with whose it is, for a command of the operator; each workspace''s audit gets a row of that action';

insert into patchbay.schema_versions (version, breaking) values ('20261129000043', false);
select patchbay.restrict_access();
