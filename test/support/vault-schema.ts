import { query } from './database.ts'

/**
 * The tables and functions of Supabase Vault 0.3, by their names, columns and arguments, sealed with pgcrypto: the
 * extension itself is not in the embedded Postgres.
 */
export async function createVaultSchema(databaseUrl: string): Promise<void> {
  await query(databaseUrl, SCHEMA)
}

const SCHEMA = `
  create extension if not exists pgcrypto with schema public;
  create schema vault;
  create table vault.secrets (
    id uuid primary key default gen_random_uuid(), name text, description text not null default '', secret text not null,
    key_id uuid, nonce bytea, created_at timestamptz not null default now(), updated_at timestamptz not null default now());
  create unique index on vault.secrets (name) where name is not null;
  create view vault.decrypted_secrets as
    select *, public.pgp_sym_decrypt(decode(secret, 'base64'), id::text) as decrypted_secret from vault.secrets;
  create function vault.seal(p_id uuid, p_secret text) returns text language sql as
    $$ select encode(public.pgp_sym_encrypt(p_secret, p_id::text), 'base64') $$;
  create function vault.create_secret(new_secret text, new_name text = null, new_description text = '', new_key_id uuid = null)
  returns uuid language plpgsql set search_path = '' as $$
  declare made uuid := gen_random_uuid();
  begin
    insert into vault.secrets (id, secret, name, description) values (made, vault.seal(made, new_secret), new_name, new_description);
    return made;
  end $$;
  create function vault.update_secret(secret_id uuid, new_secret text = null, new_name text = null, new_description text = null, new_key_id uuid = null)
  returns void language plpgsql set search_path = '' as $$
  begin
    update vault.secrets set secret = coalesce(vault.seal(id, new_secret), secret), name = coalesce(new_name, name),
      description = coalesce(new_description, description), updated_at = now() where id = secret_id;
  end $$`
