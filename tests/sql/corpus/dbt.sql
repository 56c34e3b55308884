-- case: a staging model of PostgreSQL | postgres
-- schema: raw.customers(id, first_name, last_name, email), raw.payments(id, order_id, amount)
create view "shop"."dev"."stg_customers__dbt_tmp" as (with source as (select * from "raw"."customers"), renamed as (select id as customer_id, first_name, last_name from source) select * from renamed);
-- raw.customers.id -> shop.dev.stg_customers__dbt_tmp.customer_id : IDENTITY
-- raw.customers.{first_name,last_name} -> shop.dev.stg_customers__dbt_tmp.= : IDENTITY

-- case: a staging model that computes | duckdb
-- schema: raw.payments(id, order_id, method, cents)
create or replace view "shop"."main"."stg_payments" as (with source as (select * from "raw"."payments"), renamed as (select id as payment_id, order_id, method, cents / 100 as amount from source) select * from renamed);
-- raw.payments.id -> shop.main.stg_payments.payment_id : IDENTITY
-- raw.payments.{order_id,method} -> shop.main.stg_payments.= : IDENTITY
-- raw.payments.cents -> shop.main.stg_payments.amount : TRANSFORMATION

-- case: a table model with a join | duckdb
-- schema: main.stg_orders(order_id, customer_id, day), main.stg_payments(payment_id, order_id, amount)
create table "shop"."main"."orders" as (with orders as (select * from "main"."stg_orders"), payments as (select * from "main"."stg_payments"), per_order as (select order_id, sum(amount) as total from payments group by order_id), final as (select orders.order_id, orders.customer_id, orders.day, per_order.total as amount from orders left join per_order on orders.order_id = per_order.order_id) select * from final);
-- main.stg_orders.{order_id,customer_id,day} -> shop.main.orders.= : IDENTITY
-- main.stg_payments.amount -> shop.main.orders.amount : AGGREGATION
-- main.stg_payments.order_id -> shop.main.orders.* : GROUP_BY JOIN
-- main.stg_orders.order_id -> shop.main.orders.* : JOIN

-- case: a loop rendered to cases | duckdb
-- schema: main.payments(order_id, method, amount)
create table "main"."by_method" as (select order_id, sum(case when method = 'card' then amount else 0 end) as card_amount, sum(case when method = 'coupon' then amount else 0 end) as coupon_amount, sum(amount) as total_amount from "main"."payments" group by order_id);
-- main.payments.order_id -> main.by_method.order_id : IDENTITY
-- main.payments.amount -> main.by_method.{card_amount,coupon_amount,total_amount} : AGGREGATION
-- main.payments.method -> main.by_method.{card_amount,coupon_amount} : CONDITIONAL
-- main.payments.order_id -> main.by_method.* : GROUP_BY

-- case: incremental by delete and insert | postgres
-- schema: dev.events(id, at, email), dev.events__dbt_tmp(id, at, email)
delete from "dev"."events" as target using "dev"."events__dbt_tmp" where "dev"."events__dbt_tmp".id = target.id; insert into "dev"."events" ("id", "at", "email") (select "id", "at", "email" from "dev"."events__dbt_tmp");
-- dev.events.id, dev.events__dbt_tmp.id -> dev.events.* : FILTER
-- dev.events__dbt_tmp.{id,at,email} -> dev.events.= : IDENTITY

-- case: incremental by a temporary table | postgres
-- schema: raw.events(id, at, email), dev.events(id, at, email)
create temporary table "events__tmp" as (select * from "raw"."events" where at > (select max(at) from "dev"."events")); insert into "dev"."events" ("id", "email") (select "id", "email" from "events__tmp");
-- raw.events.{id,at,email} -> events__tmp.= : IDENTITY
-- raw.events.at, dev.events.at -> events__tmp.* : FILTER
-- events__tmp.{id,email} -> dev.events.= : IDENTITY

-- case: incremental by merge | snowflake
-- schema: DEV.EVENTS(ID, EMAIL), DEV.EVENTS__DBT_TMP(ID, EMAIL)
merge into dev.events as DBT_INTERNAL_DEST using dev.events__dbt_tmp as DBT_INTERNAL_SOURCE on (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id) when matched then update set "EMAIL" = DBT_INTERNAL_SOURCE."EMAIL" when not matched then insert ("ID", "EMAIL") values (DBT_INTERNAL_SOURCE."ID", DBT_INTERNAL_SOURCE."EMAIL");
-- DEV.EVENTS__DBT_TMP.{ID,EMAIL} -> DEV.EVENTS.= : IDENTITY
-- DEV.EVENTS__DBT_TMP.ID, DEV.EVENTS.ID -> DEV.EVENTS.* : FILTER

-- case: incremental by merge of BigQuery | bigquery
-- schema: dev.events(id, email), raw.events(id, email)
merge into `dev`.`events` as DBT_INTERNAL_DEST using (select id, lower(email) as email from `raw`.`events`) as DBT_INTERNAL_SOURCE on DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id when matched then update set `id` = DBT_INTERNAL_SOURCE.`id`, `email` = DBT_INTERNAL_SOURCE.`email` when not matched then insert (`id`, `email`) values (`id`, `email`);
-- raw.events.id -> dev.events.id : IDENTITY
-- raw.events.email -> dev.events.email : TRANSFORMATION
-- raw.events.id, dev.events.id -> dev.events.* : FILTER

-- case: insert overwrite of Spark | spark
-- schema: dev.events(id, email, day), raw.events(id, email, day)
insert overwrite table dev.events partition (day) select id, email, day from raw.events where day >= '2024-01-01';
-- raw.events.{id,email,day} -> dev.events.= : IDENTITY
-- raw.events.day -> dev.events.* : FILTER

-- case: a model of Snowflake | snowflake
-- schema: RAW.CUSTOMERS(ID, EMAIL)
create or replace transient table shop.dev.customers as (with source as (select * from raw.customers) select id as customer_id, sha2(email) as email_key from source);
-- RAW.CUSTOMERS.ID -> SHOP.DEV.CUSTOMERS.CUSTOMER_ID : IDENTITY
-- RAW.CUSTOMERS.EMAIL -> SHOP.DEV.CUSTOMERS.EMAIL_KEY : TRANSFORMATION masked

-- case: an ephemeral model | postgres
-- schema: raw.customers(id, email)
create table "dev"."mails" as (with __dbt__cte__clean as (select id, lower(email) as email from raw.customers) select id, email from __dbt__cte__clean where email is not null);
-- raw.customers.id -> dev.mails.id : IDENTITY
-- raw.customers.email -> dev.mails.email : TRANSFORMATION
-- raw.customers.email -> dev.mails.* : FILTER

-- case: a test | postgres
-- schema: dev.mails(id, email)
select count(*) as failures, count(*) != 0 as should_warn from (select email from "dev"."mails" where email is null) dbt_internal_test;
-- dev.mails.email -> * : FILTER
-- dev.mails.* -> failures, should_warn : AGGREGATION

-- case: a uniqueness test | duckdb
-- schema: main.mails(id, email)
select id as unique_field, count(*) as n_records from "main"."mails" where id is not null group by id having count(*) > 1;
-- main.mails.id -> unique_field : IDENTITY
-- main.mails.* -> n_records : AGGREGATION
-- main.mails.id -> * : FILTER GROUP_BY
-- main.mails.* -> * : FILTER

-- case: a snapshot's hash | postgres
-- schema: raw.customers(id, email, at)
create temporary table "snap" as (select *, md5(coalesce(cast(id as varchar), '') || '|' || coalesce(cast(at as varchar), '')) as dbt_scd_id from raw.customers);
-- raw.customers.{id,email,at} -> snap.= : IDENTITY
-- raw.customers.{id,at} -> snap.dbt_scd_id : TRANSFORMATION masked
-- raw.customers.{id,at} -> snap.dbt_scd_id : CONDITIONAL

-- case: a seed | duckdb
insert into "main"."seeds" ("id", "name") values (?, ?), (?, ?);

-- case: swap by rename | postgres
-- schema: dev.mails(id, email), dev.mails__dbt_tmp(id, email)
alter table "dev"."mails__dbt_tmp" rename to "mails";
-- dev.mails__dbt_tmp.{id,email} -> dev.mails.= : IDENTITY
