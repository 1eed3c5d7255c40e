//! What a test's issuer signs with.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
    },
};
use serde_json::{Value, json};

/// The numbers of the key of RFC 7515, appendix A.2: ring makes no RSA keys, and this one is everybody's.
const RFC_7515: [(&str, &str); 8] = [
    (
        "n",
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-\
         pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Cap\
         Hg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h\
         4FRWyuXpoQ",
    ),
    ("e", "AQAB"),
    (
        "d",
        "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pW\
         J1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2Qv\
         Xt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRu\
         OopznQ",
    ),
    (
        "p",
        "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDc\
         mnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
    ),
    (
        "q",
        "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-\
         TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",
    ),
    (
        "dp",
        "BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV\
         2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0",
    ),
    (
        "dq",
        "h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_\
         -kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU",
    ),
    (
        "qi",
        "IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoO\
         PLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U",
    ),
];

#[derive(Clone, Debug)]
enum Pair {
    Elliptic(Arc<EcdsaKeyPair>),
    Rsa(Arc<RsaKeyPair>, &'static str),
    /// A public key that is misused as a shared secret.
    Shared(Vec<u8>),
}

/// A key with its name.
#[derive(Clone, Debug)]
pub struct IssuerKey {
    name: String,
    pair: Pair,
}

impl IssuerKey {
    /// A new key on the curve P-256, for ES256.
    pub fn elliptic(name: &str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random)
            .ok()
            .and_then(|document| EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).ok());
        let pair = made.unwrap_or_else(|| panic!("no key can be made"));
        Self { name: name.to_owned(), pair: Pair::Elliptic(Arc::new(pair)) }
    }

    /// An RSA key, for `RS256` or `PS256`.
    pub fn rsa(name: &str, algorithm: &'static str) -> Self {
        let numbers = RFC_7515.map(|(_, number)| decode(number));
        let [modulus, exponent, private, first, second, of_first, of_second, inverse] = &numbers;
        let components = KeyPairComponents {
            public_key: PublicKeyComponents { n: modulus, e: exponent },
            d: private,
            p: first,
            q: second,
            dP: of_first,
            dQ: of_second,
            qInv: inverse,
        };
        let pair = RsaKeyPair::from_components(&components).unwrap_or_else(|error| panic!("no key: {error}"));
        Self { name: name.to_owned(), pair: Pair::Rsa(Arc::new(pair), algorithm) }
    }

    /// What somebody signs with who has only the public key, and hopes that it is taken for a shared one.
    #[must_use]
    pub fn misused(&self) -> Self {
        let Pair::Elliptic(pair) = &self.pair else { panic!("only for elliptic keys") };
        Self { name: self.name.clone(), pair: Pair::Shared(pair.public_key().as_ref().to_vec()) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    pub fn algorithm(&self) -> &'static str {
        match &self.pair {
            Pair::Elliptic(_) => "ES256",
            Pair::Rsa(_, algorithm) => algorithm,
            Pair::Shared(_) => "HS256",
        }
    }

    /// The public part, as a JSON Web Key.
    pub fn public(&self) -> Value {
        let name = &self.name;
        match &self.pair {
            Pair::Elliptic(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
                json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": name, "x": x, "y": y })
            }
            Pair::Rsa(..) => json!({ "kty": "RSA", "use": "sig", "kid": name, "n": RFC_7515[0].1, "e": RFC_7515[1].1 }),
            Pair::Shared(secret) => json!({ "kty": "oct", "kid": name, "k": URL_SAFE_NO_PAD.encode(secret) }),
        }
    }

    /// A JSON Web Token.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let (random, message) = (SystemRandom::new(), signed.as_bytes());
        let signature = match &self.pair {
            Pair::Elliptic(pair) => pair.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
            Pair::Rsa(pair, algorithm) => {
                let encoding: &dyn RsaEncoding =
                    if *algorithm == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).map(|()| signature)
            }
            Pair::Shared(secret) => {
                Ok(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec())
            }
        };
        let signature = signature.unwrap_or_else(|error| panic!("not signed: {error}"));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn decode(number: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(number).unwrap_or_else(|error| panic!("no number: {error}"))
}
