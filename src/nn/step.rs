//! The layers of the public integer program, a file each.
//!
//! All about a layer is in its file. To add one, write its file and name it in the list in this module.

/// The layers: module, struct, and the number by which bytes know it.
macro_rules! layers {
    ($($module:ident::$layer:ident = $tag:literal;)+) => {
        $(mod $module;)+
        $(pub use $module::$layer;)+

        /// One layer of a model over integers: kind, shape and bit lengths. A layer takes the *current value* x, `[images, n]`,
        /// which is the result of the layer before it. Value 0 is the model's input, value i + 1 the result of layer i.
        ///
        /// Each kind is a struct of [`step`](self), which becomes a layer by `into()`.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Layer {
            $(
                #[doc = concat!("A [`step::", stringify!($layer), "`](", stringify!($layer), ").")]
                $layer($layer),
            )+
        }

        $(
            impl core::convert::From<$layer> for Layer {
                fn from(step: $layer) -> Self {
                    Self::$layer(step)
                }
            }
        )+
    };
}

layers! {
    linear::Linear = 0;
    convolution::Convolution = 1;
    sign::Sign = 2;
    relu::Relu = 3;
    clip::Clip = 4;
    truncate::Truncate = 5;
    max_pool::MaxPool = 6;
    sum_pool::SumPool = 7;
    scale::Scale = 8;
    add::Add = 9;
    from::From = 10;
    lookup::Lookup = 11;
    softmax::Softmax = 12;
}
