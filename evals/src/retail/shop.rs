//! The retail shop of τ²-bench: its records and what its tools do to them, after the benchmark's own description of
//! each. Nothing here knows who calls.

use serde_json::{Map, Value, json};

/// Users, orders and products, by their ids.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shop(Value);

type Answer = Result<Value, String>;

/// Tools that change something.
pub(super) const CHANGES: [&str; 7] = [
    "cancel_pending_order",
    "exchange_delivered_order_items",
    "modify_pending_order_address",
    "modify_pending_order_items",
    "modify_pending_order_payment",
    "modify_user_address",
    "return_delivered_order_items",
];

impl Shop {
    pub fn new(records: Value) -> Self {
        Self(records)
    }

    /// What a call comes to. One that is refused changes nothing.
    pub fn call(&mut self, tool: &str, args: &Value) -> Answer {
        match tool {
            "calculate" => calculate(text(args, "expression")?),
            "find_user_id_by_email" => {
                let email = text(args, "email")?;
                self.find_user(|user| same(&user["email"], email))
            }
            "find_user_id_by_name_zip" => {
                let (first, last) = (text(args, "first_name")?, text(args, "last_name")?);
                let zip = text(args, "zip")?;
                self.find_user(|user| {
                    same(&user["name"]["first_name"], first)
                        && same(&user["name"]["last_name"], last)
                        && user["address"]["zip"] == zip
                })
            }
            "get_user_details" => self.get("users", text(args, "user_id")?, "user").cloned(),
            "get_order_details" => self.get("orders", text(args, "order_id")?, "order").cloned(),
            "get_product_details" => self.get("products", text(args, "product_id")?, "product").cloned(),
            "get_item_details" => {
                let item = text(args, "item_id")?;
                let products = self.0["products"].as_object().into_iter().flatten();
                let mut found = products.filter_map(|(_, product)| product["variants"].get(item));
                found.next().cloned().ok_or_else(|| "there is no such item".to_owned())
            }
            "list_all_product_types" => {
                let products = self.0["products"].as_object().into_iter().flatten();
                Ok(products
                    .map(|(id, one)| (one["name"].as_str().unwrap_or(id).to_owned(), json!(id)))
                    .collect())
            }
            "transfer_to_human_agents" => Ok(json!("Transfer successful")),
            "cancel_pending_order" => self.cancel(args),
            "modify_pending_order_address" => self.order_address(args),
            "modify_user_address" => {
                let address = address(args)?;
                let user = self.get_mut("users", text(args, "user_id")?, "user")?;
                user["address"] = address;
                Ok(user.clone())
            }
            "modify_pending_order_payment" => self.order_payment(args),
            "modify_pending_order_items" => self.order_items(args),
            "return_delivered_order_items" => self.give_back(args),
            "exchange_delivered_order_items" => self.exchange(args),
            _ => Err(format!("there is no tool {tool}")),
        }
    }

    fn find_user(&self, is: impl Fn(&Value) -> bool) -> Answer {
        let users = self.0["users"].as_object().into_iter().flatten();
        let mut found = users.filter(|(_, user)| is(user)).map(|(id, _)| json!(id));
        found.next().ok_or_else(|| "there is no such user".to_owned())
    }

    fn get(&self, table: &str, id: &str, what: &str) -> Result<&Value, String> {
        self.0[table].get(id).ok_or_else(|| format!("there is no {what} {id}"))
    }

    fn get_mut(&mut self, table: &str, id: &str, what: &str) -> Result<&mut Value, String> {
        self.0[table].get_mut(id).ok_or_else(|| format!("there is no {what} {id}"))
    }

    /// The order as it stands, if its status is this one.
    fn order_that_is(&self, args: &Value, status: &str) -> Result<Value, String> {
        let order = self.get("orders", text(args, "order_id")?, "order")?;
        let is = order["status"].as_str().unwrap_or_default();
        let fits = if status == "pending" { is.contains("pending") } else { is == status };
        if fits { Ok(order.clone()) } else { Err(format!("the order is {is}, not {status}")) }
    }

    fn put(&mut self, order: Value) -> Answer {
        let id = order["order_id"].as_str().unwrap_or_default().to_owned();
        *self.get_mut("orders", &id, "order")? = order.clone();
        Ok(order)
    }

    /// The user's payment method of this id.
    fn payment(&self, order: &Value, id: &str) -> Result<Value, String> {
        let user = self.get("users", order["user_id"].as_str().unwrap_or_default(), "user")?;
        user["payment_methods"].get(id).cloned().ok_or_else(|| "there is no such payment method".to_owned())
    }

    /// Adds to a gift card of the order's user; other methods hold nothing.
    fn credit(&mut self, order: &Value, id: &str, amount: f64) -> Result<(), String> {
        let user = order["user_id"].as_str().unwrap_or_default().to_owned();
        let user = self.get_mut("users", &user, "user")?;
        if let Some(method) = user["payment_methods"].get_mut(id)
            && method["source"] == "gift_card"
        {
            method["balance"] = json!(cents(method["balance"].as_f64().unwrap_or(0.0) + amount));
        }
        Ok(())
    }

    fn cancel(&mut self, args: &Value) -> Answer {
        let mut order = self.order_that_is(args, "pending")?;
        let reason = text(args, "reason")?;
        if order["status"] != "pending" {
            return Err("only a pending order can be cancelled".to_owned());
        }
        if !["no longer needed", "ordered by mistake"].contains(&reason) {
            return Err("the reason is none of the two that count".to_owned());
        }
        let paid: Vec<Value> = order["payment_history"].as_array().cloned().unwrap_or_default();
        for payment in paid {
            let (id, amount) = (&payment["payment_method_id"], payment["amount"].as_f64().unwrap_or(0.0));
            self.credit(&order, id.as_str().unwrap_or_default(), amount)?;
            push(
                &mut order["payment_history"],
                json!({ "transaction_type": "refund", "amount": amount, "payment_method_id": id }),
            );
        }
        order["status"] = json!("cancelled");
        order["cancel_reason"] = json!(reason);
        self.put(order)
    }

    fn order_address(&mut self, args: &Value) -> Answer {
        let mut order = self.order_that_is(args, "pending")?;
        order["address"] = address(args)?;
        self.put(order)
    }

    fn order_payment(&mut self, args: &Value) -> Answer {
        let mut order = self.order_that_is(args, "pending")?;
        let id = text(args, "payment_method_id")?;
        let method = self.payment(&order, id)?;
        let history = order["payment_history"].as_array().cloned().unwrap_or_default();
        let [first] = history.as_slice() else {
            return Err("only an order with a single payment can be paid otherwise".to_owned());
        };
        let (before, amount) = (first["payment_method_id"].clone(), first["amount"].as_f64().unwrap_or(0.0));
        if before == id {
            return Err("it is paid that way already".to_owned());
        }
        if method["source"] == "gift_card" && method["balance"].as_f64().unwrap_or(0.0) < amount {
            return Err("the gift card does not hold enough for the order".to_owned());
        }
        self.credit(&order, id, -amount)?;
        self.credit(&order, before.as_str().unwrap_or_default(), amount)?;
        for (what, id) in [("payment", json!(id)), ("refund", before)] {
            push(
                &mut order["payment_history"],
                json!({ "transaction_type": what, "amount": amount, "payment_method_id": id }),
            );
        }
        self.put(order)
    }

    /// What other variants of the items cost more, and those; each must be there to be had.
    fn swap(&self, order: &Value, args: &Value) -> Result<(f64, Vec<(String, Value)>), String> {
        let (from, to) = (list(args, "item_ids")?, list(args, "new_item_ids")?);
        if from.len() != to.len() {
            return Err("as many new items are needed as old ones".to_owned());
        }
        owned(order, &from)?;
        let (mut more, mut swapped) = (0.0, Vec::new());
        for (old, new) in from.iter().zip(&to) {
            if old == new {
                return Err(format!("{new} is the same item"));
            }
            let items = order["items"].as_array().into_iter().flatten();
            let item = items.clone().find(|item| item["item_id"] == *old).unwrap_or(&Value::Null);
            let product = self.get("products", item["product_id"].as_str().unwrap_or_default(), "product")?;
            let variant = product["variants"].get(new).filter(|variant| variant["available"] == true);
            let variant = variant.ok_or_else(|| format!("the new item {new} is not to be had"))?;
            more += variant["price"].as_f64().unwrap_or(0.0) - item["price"].as_f64().unwrap_or(0.0);
            swapped.push((old.clone(), variant.clone()));
        }
        Ok((cents(more), swapped))
    }

    fn affordable(&self, order: &Value, id: &str, more: f64) -> Result<(), String> {
        let method = self.payment(order, id)?;
        if method["source"] == "gift_card" && method["balance"].as_f64().unwrap_or(0.0) < more {
            return Err("the gift card does not hold enough for the difference".to_owned());
        }
        Ok(())
    }

    fn order_items(&mut self, args: &Value) -> Answer {
        let mut order = self.order_that_is(args, "pending")?;
        if order["status"] != "pending" {
            return Err("the order's items were changed already".to_owned());
        }
        let id = text(args, "payment_method_id")?;
        let (more, swapped) = self.swap(&order, args)?;
        self.affordable(&order, id, more)?;
        self.credit(&order, id, -more)?;
        let what = if more > 0.0 { "payment" } else { "refund" };
        push(
            &mut order["payment_history"],
            json!({ "transaction_type": what, "amount": more.abs(), "payment_method_id": id }),
        );
        for (old, variant) in swapped {
            let items = order["items"].as_array_mut().into_iter().flatten();
            if let Some(item) = items.into_iter().find(|item| item["item_id"] == old) {
                for field in ["item_id", "price", "options"] {
                    item[field] = variant[field].clone();
                }
            }
        }
        order["status"] = json!("pending (item modified)");
        self.put(order)
    }

    fn give_back(&mut self, args: &Value) -> Answer {
        let mut order = self.order_that_is(args, "delivered")?;
        let id = text(args, "payment_method_id")?;
        let method = self.payment(&order, id)?;
        if method["source"] != "gift_card" && order["payment_history"][0]["payment_method_id"] != id {
            return Err("money goes back the way it came, or onto a gift card".to_owned());
        }
        let mut items = list(args, "item_ids")?;
        owned(&order, &items)?;
        items.sort();
        order["status"] = json!("return requested");
        order["return_items"] = json!(items);
        order["return_payment_method_id"] = json!(id);
        self.put(order)
    }

    fn exchange(&mut self, args: &Value) -> Answer {
        let mut order = self.order_that_is(args, "delivered")?;
        let id = text(args, "payment_method_id")?;
        let (more, _) = self.swap(&order, args)?;
        self.affordable(&order, id, more)?;
        let (mut from, mut to) = (list(args, "item_ids")?, list(args, "new_item_ids")?);
        from.sort();
        to.sort();
        order["status"] = json!("exchange requested");
        order["exchange_items"] = json!(from);
        order["exchange_new_items"] = json!(to);
        order["exchange_payment_method_id"] = json!(id);
        order["exchange_price_difference"] = json!(more);
        self.put(order)
    }
}

fn text<'a>(args: &'a Value, name: &str) -> Result<&'a str, String> {
    args[name].as_str().ok_or_else(|| format!("`{name}` is missing"))
}

fn list(args: &Value, name: &str) -> Result<Vec<String>, String> {
    let all = args[name].as_array().ok_or_else(|| format!("`{name}` is missing"))?;
    all.iter()
        .map(|one| one.as_str().map(str::to_owned).ok_or_else(|| format!("`{name}` holds no ids")))
        .collect()
}

fn same(value: &Value, text: &str) -> bool {
    value.as_str().is_some_and(|value| value.eq_ignore_ascii_case(text))
}

fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

fn push(list: &mut Value, one: Value) {
    if let Some(list) = list.as_array_mut() {
        list.push(one);
    }
}

/// The order must hold each item as often as it is named.
fn owned(order: &Value, items: &[String]) -> Result<(), String> {
    for item in items {
        let named = items.iter().filter(|other| *other == item).count();
        let there =
            order["items"].as_array().into_iter().flatten().filter(|one| one["item_id"] == *item).count();
        if named > there {
            return Err(format!("the order does not hold {item} so often"));
        }
    }
    Ok(())
}

fn address(args: &Value) -> Answer {
    let mut address = Map::new();
    for name in ["address1", "address2", "city", "state", "country", "zip"] {
        address.insert(name.to_owned(), json!(text(args, name)?));
    }
    Ok(Value::Object(address))
}

/// Sums, differences, products, quotients and parentheses, to two places.
fn calculate(expression: &str) -> Answer {
    let mut rest = expression.trim();
    let value = sum(&mut rest)?;
    if rest.trim().is_empty() {
        Ok(json!(format!("{}", cents(value))))
    } else {
        Err("this is no sum".to_owned())
    }
}

fn sum(rest: &mut &str) -> Result<f64, String> {
    let mut value = product(rest)?;
    loop {
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('+') {
            *rest = after;
            value += product(rest)?;
        } else if let Some(after) = rest.strip_prefix('-') {
            *rest = after;
            value -= product(rest)?;
        } else {
            return Ok(value);
        }
    }
}

fn product(rest: &mut &str) -> Result<f64, String> {
    let mut value = factor(rest)?;
    loop {
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('*') {
            *rest = after;
            value *= factor(rest)?;
        } else if let Some(after) = rest.strip_prefix('/') {
            *rest = after;
            value /= factor(rest)?;
        } else {
            return Ok(value);
        }
    }
}

fn factor(rest: &mut &str) -> Result<f64, String> {
    *rest = rest.trim_start();
    if let Some(after) = rest.strip_prefix('(') {
        *rest = after;
        let value = sum(rest)?;
        *rest = rest.trim_start().strip_prefix(')').ok_or("this is no sum")?;
        return Ok(value);
    }
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let value = rest[..end].parse().map_err(|_| "this is no sum".to_owned())?;
    *rest = &rest[end..];
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Shop {
        Shop::new(json!({
            "users": { "u": {
                "user_id": "u", "email": "A@x.example", "name": { "first_name": "Al", "last_name": "Bo" },
                "address": { "zip": "1" },
                "payment_methods": {
                    "card": { "source": "credit_card", "id": "card" },
                    "gift": { "source": "gift_card", "id": "gift", "balance": 5.0 },
                },
            } },
            "orders": { "#1": {
                "order_id": "#1", "user_id": "u", "status": "pending",
                "items": [{ "item_id": "i1", "product_id": "p", "price": 10.0, "options": {} }],
                "payment_history": [{ "transaction_type": "payment", "amount": 10.0, "payment_method_id": "gift" }],
            } },
            "products": { "p": { "name": "Cup", "variants": {
                "i1": { "item_id": "i1", "price": 10.0, "available": true, "options": {} },
                "i2": { "item_id": "i2", "price": 12.5, "available": true, "options": { "size": "L" } },
                "i3": { "item_id": "i3", "price": 99.0, "available": true, "options": {} },
                "i4": { "item_id": "i4", "price": 9.0, "available": false, "options": {} },
            } } },
        }))
    }

    #[test]
    fn a_cancelled_order_gives_its_gift_card_the_money_back() {
        let mut shop = shop();
        let args = json!({ "order_id": "#1", "reason": "no longer needed" });
        let order = shop.call("cancel_pending_order", &args).unwrap();
        assert_eq!(order["status"], "cancelled");
        assert_eq!(order["payment_history"][1]["transaction_type"], "refund");
        assert_eq!(shop.0["users"]["u"]["payment_methods"]["gift"]["balance"], 15.0);
        assert!(shop.call("cancel_pending_order", &args).is_err(), "once");
    }

    #[test]
    fn items_are_changed_for_others_that_are_there_and_paid_for() {
        let mut shop = shop();
        let to = |id: &str| json!({ "order_id": "#1", "item_ids": ["i1"], "new_item_ids": [id], "payment_method_id": "gift" });
        for (id, why) in [
            ("i3", "does not hold enough"),
            ("i4", "not to be had"),
            ("i9", "not to be had"),
            ("i1", "the same"),
        ] {
            let before = shop.clone();
            let error = shop.call("modify_pending_order_items", &to(id)).unwrap_err();
            assert!(error.contains(why), "{error}");
            assert_eq!(shop, before, "what is refused changes nothing");
        }
        let order = shop.call("modify_pending_order_items", &to("i2")).unwrap();
        assert_eq!(
            (&order["items"][0]["item_id"], &order["status"]),
            (&json!("i2"), &json!("pending (item modified)"))
        );
        assert_eq!(shop.0["users"]["u"]["payment_methods"]["gift"]["balance"], 2.5);
        assert!(shop.call("modify_pending_order_items", &to("i2")).is_err(), "once");
    }

    #[test]
    fn what_is_delivered_is_given_back_and_what_is_not_is_not() {
        let mut shop = shop();
        let args = json!({ "order_id": "#1", "item_ids": ["i1"], "payment_method_id": "gift" });
        assert!(shop.call("return_delivered_order_items", &args).is_err());
        shop.0["orders"]["#1"]["status"] = json!("delivered");
        let twice = json!({ "order_id": "#1", "item_ids": ["i1", "i1"], "payment_method_id": "gift" });
        assert!(shop.call("return_delivered_order_items", &twice).is_err());
        assert_eq!(shop.call("return_delivered_order_items", &args).unwrap()["status"], "return requested");
    }

    #[test]
    fn people_are_found_and_sums_are_right() {
        let mut shop = shop();
        assert_eq!(shop.call("find_user_id_by_email", &json!({ "email": "a@X.example" })).unwrap(), "u");
        let args = json!({ "first_name": "al", "last_name": "bo", "zip": "2" });
        assert!(shop.call("find_user_id_by_name_zip", &args).is_err());
        let sum = |text: &str| calculate(text).map(|value| value.as_str().unwrap_or_default().to_owned());
        assert_eq!(sum("(1 + 2) * 3 - 4 / 8").unwrap(), "8.5");
        assert!(sum("1 +").is_err() && sum("rm -rf").is_err());
    }
}
