use crate::networks::*;
use ringshare::nn::{Options, Quantised, Rounding};
#[test]
#[ignore]
fn sweep() {
    for (name, build, real) in [
        (
            "mlp_relu_mnist",
            mlp as fn(&safetensors::SafeTensors) -> ringshare::nn::Model,
            bit as fn(u8) -> f32,
        ),
        ("cnn_mnist", cnn, unit),
        ("mlp_relu_fashion", mlp, unit),
        ("cnn_fashion", cnn, unit),
    ] {
        let set = if name.ends_with("fashion") { "fashion" } else { "mnist" };
        let model = network(name, build).unwrap();
        let train = images(set, "train", 1000, real).unwrap();
        let test = images(set, "t10k", 2000, real).unwrap();
        let cl = |o: &[f32]| {
            o.chunks(10).map(|o| (1..10).fold(0, |b, i| if o[i] > o[b] { i } else { b })).collect::<Vec<_>>()
        };
        let (ftrain, ftest) = (cl(&model.forward(&train)), cl(&model.forward(&test)));
        for rounding in [Rounding::Floor, Rounding::Stochastic] {
            for bits in 10..=22 {
                let t = std::time::Instant::now();
                let Ok(q) = Quantised::calibrate(
                    &model,
                    &train,
                    &Options { bits: Some(bits), rounding, ..Options::default() },
                ) else {
                    println!("{name} {bits} no");
                    continue;
                };
                let t = t.elapsed();
                let mut r = crate::common::Random(1);
                let t2 = std::time::Instant::now();
                let mut run = |x: &[f32]| {
                    let x = q.encode(x).unwrap();
                    match rounding {
                        Rounding::Floor => q.reference(&x),
                        _ => q.reference_with(&x, |x, s| (x + (r.next() >> (64 - s)) as i64) >> s),
                    }
                    .map(|o| cl(&q.decode(&o)))
                };
                let (a, b) = (run(&train), run(&test));
                let t2 = t2.elapsed();
                let part = |a: &Vec<usize>, b: &Vec<usize>| {
                    a.iter().zip(b).filter(|(a, b)| a == b).count() as f64 / a.len() as f64
                };
                println!(
                    "{name} {rounding:?} {bits} ring {} train {:?} test {:?}  {t:?} {t2:?} {:?}",
                    q.ring(),
                    a.as_ref().map(|a| part(a, &ftrain)).ok(),
                    b.as_ref().map(|b| part(b, &ftest)),
                    q.formats().layers.iter().map(|f| f.fraction).collect::<Vec<_>>()
                );
            }
        }
    }
}
