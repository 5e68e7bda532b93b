"""SHAP values of the inputs of models on features, by the explainer that suits the model; loaded by the kind on use."""
